"""Many machines: the server's application on Ray Serve.

===============  =====================================================
``application``  the Serve application, made from a config.json
``worker``       a replica that has the models: the whole HTTP application of `hubocr serve`
``entry``        a replica that takes the requests, on a port or behind Serve's proxy
``forward``      passing a request on to a worker, and to another where that is lost
``nodes``        calls that end when a node is lost
``pages``        the pages of a document, read by several workers
``settings``     how many replicas, and what each takes
===============  =====================================================

A Serve config names ``import_path: hubocr.cluster:app`` with ``args: {config: ...}``, the path or
the content of a config.json.
"""

from hubocr.cluster.application import app

__all__ = ["app"]
