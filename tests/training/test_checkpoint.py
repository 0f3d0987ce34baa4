"""The state of a run on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubocr.errors import ModelError

torch = pytest.importorskip("torch", reason="torch is not installed")

from hubocr.training.checkpoint import Checkpoint  # noqa: E402


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    state = Checkpoint("rec", {"seed": 1}, ("accuracy",), step=3)
    state.save(tmp_path / "checkpoint.pt")
    assert Checkpoint.load(tmp_path / "checkpoint.pt") == state


@pytest.mark.parametrize("change", [{"foreign": 1}, {"step": None}])
def test_a_file_with_other_keys_is_no_checkpoint(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "checkpoint.pt"
    Checkpoint("rec", {}, ("accuracy",)).save(path)
    content = torch.load(str(path), weights_only=True)
    content |= change
    content = {name: value for name, value in content.items() if value is not None}
    torch.save(content, str(path))
    with pytest.raises(ModelError, match=r"lacks, or has besides, (foreign|step)"):
        Checkpoint.load(path)


class Code:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    torch.save({"task": Code(tmp_path / "ran")}, str(tmp_path / "checkpoint.pt"))
    with pytest.raises(ModelError):
        Checkpoint.load(tmp_path / "checkpoint.pt")
    assert not (tmp_path / "ran").exists()
