"""A pipeline's settings as PaddleX's files have them: what ``--get_pipeline_config`` writes."""

from __future__ import annotations

from typing import Any

from hubocr.settings import PipelineSettings


def paddlex_config(settings: PipelineSettings) -> dict[str, Any]:
    """Return the content of an ``OCR.yaml`` of PaddleX 3.x that stands for settings."""
    models, options = settings.models, settings.options
    detection, turns_pages = options.detection, options.page_direction == "auto"
    return {
        "pipeline_name": "OCR",
        "text_type": "general",
        "use_doc_preprocessor": turns_pages,
        "use_textline_orientation": options.use_angle_cls,
        "SubPipelines": {
            "DocPreprocessor": {
                "pipeline_name": "doc_preprocessor",
                "use_doc_orientation_classify": turns_pages,
                "use_doc_unwarping": False,
                "SubModules": {
                    "DocOrientationClassify": _module("doc_text_orientation", models.page_model)
                },
            }
        },
        "SubModules": {
            "TextDetection": {
                **_module("text_detection", models.det_model),
                "limit_side_len": detection.limit_side_len,
                "limit_type": detection.limit_type,
                "max_side_limit": detection.max_side_limit,
                "thresh": detection.thresh,
                "box_thresh": detection.box_thresh,
                "unclip_ratio": detection.unclip_ratio,
            },
            "TextLineOrientation": {
                **_module("textline_orientation", models.cls_model),
                "batch_size": options.classification.batch_num,
            },
            "TextRecognition": {
                **_module("text_recognition", models.rec_model),
                "first_model_dir": models.first_rec_model,
                "batch_size": options.recognition.batch_num,
                "score_thresh": options.drop_score,
                "return_word_box": options.recognition.word_boxes,
            },
        },
    }


def beta_config(settings: PipelineSettings) -> dict[str, Any]:
    """Return the content of a file of PaddleX 3.0-beta that stands for settings."""
    device = f"gpu:{settings.engine.gpu_id}" if settings.engine.use_gpu else "cpu"
    return {
        "Global": {"pipeline_name": "OCR"},
        "Pipeline": {
            "det_model": settings.models.det_model,
            "det_device": device,
            "rec_model": settings.models.rec_model,
            "first_rec_model": settings.models.first_rec_model,
            "rec_batch_size": settings.options.recognition.batch_num,
            "rec_device": device,
        },
    }


def _module(name: str, model: str | None) -> dict[str, Any]:
    return {"module_name": name, "model_name": model, "model_dir": None}
