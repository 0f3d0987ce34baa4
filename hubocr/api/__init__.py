"""The Python interface: ``create_pipeline``, its results, and the calls of other systems.

================  ================================================================================
``create``        ``create_pipeline``: a name, a YAML file or a dict becomes a pipeline
``pipeline``      the pipeline itself: ``predict`` is a generator of results
``result``        a result with PaddleX's keys and methods
``beta``          results and loops of PaddleX 3.0-beta
``names``         PaddleX's names of options and models beside ours
``config``        YAML files of PaddleX 3.x, of 3.0-beta, and our own
``device``        ``cpu`` and ``gpu:0``
``paddleocr``     ``PaddleOCR(...)`` of PaddleOCR 3.x, a documented subset
``paddlex_draft`` the loop of PaddleX's first tutorial: batches of ``{"result": ...}``
``modelscope``    ``pipeline("ocr-recognition", model=FOLDER)``
================  ================================================================================
"""
