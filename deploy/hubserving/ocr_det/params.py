"""Parameters of ocr_det; ``init_args`` in config.json may override each of them."""

from types import SimpleNamespace


def read_params() -> SimpleNamespace:
    """Return the parameters, read again whenever the module is created."""
    params = SimpleNamespace()

    # DB detector. A model is a registry name or a folder; where a relative path is looked for
    # is said in hubocr/paths.py.
    params.det_algorithm = "DB"
    params.det_model_dir = "./inference/ch_PP-OCRv4_det_infer/"
    params.det_limit_side_len = 960
    params.det_limit_type = "max"
    params.det_db_thresh = 0.3
    params.det_db_box_thresh = 0.6
    params.det_db_unclip_ratio = 1.5
    params.use_dilation = False
    params.det_db_score_mode = "fast"

    return params
