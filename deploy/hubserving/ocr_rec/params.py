"""Parameters of ocr_rec; ``init_args`` in config.json may override each of them."""

from types import SimpleNamespace


def read_params() -> SimpleNamespace:
    """Return the parameters, read again whenever the module is created."""
    params = SimpleNamespace()

    # CTC recogniser. Without rec_char_dict_path the dictionary is the model's own, and without
    # rec_image_shape the profile decides: "3, 48, 320" unless it says otherwise.
    params.rec_algorithm = "SVTR_LCNet"
    params.rec_model_dir = "./inference/ch_PP-OCRv4_rec_infer/"
    params.rec_batch_num = 6
    params.rec_char_dict_path = None
    params.use_space_char = True

    return params
