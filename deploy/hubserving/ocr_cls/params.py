"""Parameters of ocr_cls; ``init_args`` in config.json may override each of them."""

from types import SimpleNamespace


def read_params() -> SimpleNamespace:
    """Return the parameters, read again whenever the module is created."""
    params = SimpleNamespace()

    # Direction classifier.
    params.cls_model_dir = "./inference/ch_ppocr_mobile_v2.0_cls_infer/"
    params.cls_image_shape = "3, 48, 192"
    params.cls_batch_num = 30
    params.cls_thresh = 0.9

    return params
