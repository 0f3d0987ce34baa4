"""Frozen, validated settings of the engines, the stages and the pipeline.

Each field is declared once, with its public name, its meaning in two languages and its limits;
``params.py``, ``init_args``, a request's options, the command line, YAML files, the API's
self-description and the tables in the docs all follow these declarations. The server's and a
training run's settings are declared in the same way, in `hubocr.server.settings` and
`hubocr.training.request`.

=================  ==========================================================================
``kinds``          what a value may be, by type
``rule``           the declaration of one setting, and the base class that checks
``engine`` ...     the sections: engine, detection, classification, recognition, pipeline
``charset``        the grammar of ``rec_charset`` and ``rec_length``
``declared``       a tree of sections by public names
``params``         the pipeline's parameters, and upstream's old names
``profiles``       named sets of parameters
``scenes``         those for kinds of images
``layers``         defaults, server, profile, files, request: what is in effect, and why
``flags``          argparse
``schema``         JSON schema and Markdown tables
``yaml_file``      a pipeline in a YAML file
=================  ==========================================================================

The defaults are the reference's (PaddleOCR 2.10, ``tools/infer`` and ``deploy/hubserving``);
where hubserving's system module differs from its detector alone, the pipeline follows the system
module (``box_thresh`` 0.5, ``unclip_ratio`` 1.6), so that library, CLI and service agree.

Everything here is a value: a call receives its settings and nothing is stored on shared objects.
"""

from hubocr.settings.classification import Batching, ClassificationSettings, Shape
from hubocr.settings.detection import BoxType, DetectionSettings, LimitType, ScoreMode
from hubocr.settings.engine import (
    ENGINE_NAMES,
    EngineName,
    EngineSettings,
    Performance,
    Precision,
)
from hubocr.settings.layers import (
    Effective,
    apply_layers,
    apply_options,
    apply_request,
    pipeline_settings,
)
from hubocr.settings.pipeline import InputSettings, ModelSettings, OcrOptions, PipelineSettings
from hubocr.settings.profiles import PROFILES
from hubocr.settings.recognition import Case, DecodingSettings, RecognitionSettings
from hubocr.settings.rule import TASKS, Checked, Rule, Task, rules, setting

__all__ = [
    "ENGINE_NAMES",
    "PROFILES",
    "TASKS",
    "Batching",
    "BoxType",
    "Case",
    "Checked",
    "ClassificationSettings",
    "DecodingSettings",
    "DetectionSettings",
    "Effective",
    "EngineName",
    "EngineSettings",
    "InputSettings",
    "LimitType",
    "ModelSettings",
    "OcrOptions",
    "Performance",
    "PipelineSettings",
    "Precision",
    "RecognitionSettings",
    "Rule",
    "ScoreMode",
    "Shape",
    "Task",
    "apply_layers",
    "apply_options",
    "apply_request",
    "pipeline_settings",
    "rules",
    "setting",
]
