"""Parameters of ocr_system; ``init_args`` in config.json may override each of them."""

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
    params.det_db_box_thresh = 0.5
    params.det_db_unclip_ratio = 1.6
    params.use_dilation = False
    params.det_db_score_mode = "fast"

    # Direction classifier.
    params.cls_model_dir = "./inference/ch_ppocr_mobile_v2.0_cls_infer/"
    params.cls_image_shape = "3, 48, 192"
    params.cls_batch_num = 30
    params.cls_thresh = 0.9

    # CTC recogniser. Without rec_char_dict_path the dictionary is the model's own, and without
    # rec_image_shape the profile decides: "3, 48, 320" unless it says otherwise.
    params.rec_algorithm = "SVTR_LCNet"
    params.rec_model_dir = "./inference/ch_PP-OCRv4_rec_infer/"
    params.rec_batch_num = 6
    params.rec_char_dict_path = None
    params.use_space_char = True

    params.use_angle_cls = True
    params.drop_score = 0.5

    return params
