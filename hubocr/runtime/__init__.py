"""The runtime: threads, fair lanes, loaded networks and how threads are divided among them.

- `hubocr.runtime.runtime`: the one object that a program makes and closes;
- `hubocr.runtime.network`: a loaded model in the hands of a stage;
- `hubocr.runtime.workload`: all that a stage says of its work;
- `hubocr.runtime.call`: a caller's deadline, cancellation and times;
- `hubocr.runtime.scheduler`, `hubocr.runtime.lanes`: the fair order of pieces on the threads;
- `hubocr.runtime.variants`: one network for several divisions of the threads.
"""

from hubocr.runtime.call import Call
from hubocr.runtime.network import Network
from hubocr.runtime.runtime import Runtime
from hubocr.runtime.workload import Workload

__all__ = ["Call", "Network", "Runtime", "Workload"]
