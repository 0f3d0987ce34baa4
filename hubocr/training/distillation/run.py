"""A whole distillation: teacher, student, loop, export."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from hubocr.conversion.to_paddle import require_no_program
from hubocr.errors import ModelError, SettingsError
from hubocr.synth.generator import LineGenerator
from hubocr.training.checkpoint import Checkpoint
from hubocr.training.device import choose_device
from hubocr.training.distillation.batches import Pool
from hubocr.training.distillation.chunks import PADDED, Chunk, image_tensor, stream
from hubocr.training.distillation.losses import losses
from hubocr.training.distillation.request import DistillationRequest, DistillationResult
from hubocr.training.distillation.students import PlainStudent, Student, classes_of
from hubocr.training.graph.export import MODEL_FILE
from hubocr.training.graph.head import find_head
from hubocr.training.graph.network import Network
from hubocr.training.int8.student import Int8Student
from hubocr.training.precision import lower_precision, wants_bf16
from hubocr.training.recogniser.base import Base, load_base
from hubocr.training.recogniser.head import cut_head

_log = logging.getLogger(__name__)

_WARM_UP = 0.03
_GRADIENT_NORM = 2.0
_AVERAGING = 0.998
_CHECKPOINT_S = 120.0
_LOGGED = 20
_ASIDE = 1 << 40
"""Numbers of the lines kept aside begin here; those for ranges of int8 at twice that."""

_ASIDE_BATCHES = 8
_CALIBRATION = 2 * _ASIDE
_CALIBRATION_BATCHES = 16


def distil(request: DistillationRequest) -> DistillationResult:
    """Teach a student and export it.

    Raises:
        SettingsError: The data can't be used, or an option is out of range.
        ModelError: A network can't be trained, or isn't equal to what its engine serves.
        EngineError: CUDA is wanted and isn't there.
    """
    require_no_program(request.out / MODEL_FILE)
    device = choose_device(request.device)
    if device == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
    generator = LineGenerator(request.synth)
    shown = [generator.line(_ASIDE + number).image for number in range(2)]
    taught = load_base(request.student, None, shown, 0, request.synth.seed)
    taught_by = load_base(request.teacher, None, shown, 0, request.synth.seed)
    student: Student
    if request.int8:
        known = classes_of(taught.characters)
        chunks = _kept_aside(request, known, _CALIBRATION, _CALIBRATION_BATCHES, device)
        student = Int8Student(taught, device, [image_tensor(chunk) for chunk in chunks])
    else:
        student = PlainStudent(taught, device)
    run = _Run(request, student, _teacher(taught_by, taught, device), device)
    before, after, steps = run.run()
    model = student.export(run.averaged, request, {"agreement": after, "step": steps})
    return DistillationResult(model, steps, before, after)


def _teacher(teacher: Base, student: Base, device: str) -> Network:
    """Return the teacher with the student's classes.

    Its softmax over them alone is its own, renormalised, since it is a softmax either way. A
    character that it doesn't know would get fresh weights, so there must be none.
    """
    unknown = set(student.characters) - set(teacher.characters)
    if unknown:
        raise ModelError(
            f"the teacher lacks {len(unknown)} of the student's characters, such as "
            f"{sorted(unknown)[:5]}"
        )
    graph = cut_head(teacher.graph, teacher.characters, student.characters)
    network = Network(graph, find_head(graph).logits, device)
    for weight in network.weights.values():
        weight.requires_grad_(False)
    return network


def _kept_aside(
    request: DistillationRequest, classes: Mapping[str, int], first: int, count: int, device: str
) -> list[Chunk]:
    """Return chunks of lines that are never learnt, as the teacher sees them."""
    chunks = stream(replace(request, workers=0, narrow=0.0), classes, first)
    return [next(chunks).to(device) for _ in range(count)]


class _Run:
    def __init__(
        self, request: DistillationRequest, student: Student, teacher: Network, device: str
    ) -> None:
        self._request = request
        self._student = student
        self._teacher = teacher
        self._device = device
        self._bf16 = (
            device == "cuda"
            if request.precision == "auto"
            else (wants_bf16(request.precision, device))
        )
        self._folder = request.out / "training"
        self._folder.mkdir(parents=True, exist_ok=True)
        self.weights = student.weights()
        self.averaged = {name: w.detach().clone() for name, w in self.weights.items()}
        groups = student.groups(request.learning_rate)
        self._optimiser = torch.optim.AdamW(
            groups, lr=request.learning_rate, fused=device == "cuda"
        )
        self._rates = [group["lr"] for group in self._optimiser.param_groups]
        self._state = Checkpoint("distillation", self._record(), ("agreement",))
        path = self._folder / "checkpoint.pt"
        if request.resume and path.is_file():
            self._resume(path)

    def _record(self) -> dict[str, Any]:
        request = self._request
        return {
            "teacher": request.teacher,
            "student": request.student,
            "int8": request.int8,
            "learning_rate": request.learning_rate,
            "batch_size": request.batch_size,
            "seed": request.synth.seed,
            "drawn": 0,
        }

    def _resume(self, path: Path) -> None:
        state = Checkpoint.load(path)
        known = {**state.record, "drawn": 0}
        if state.kind != self._state.kind or known != self._state.record:
            raise SettingsError(f"`resume`: the run in {path.parent} had other options")
        self._state = state
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(state.weights[name])
                self.averaged[name].copy_(state.averaged[name])
        self._optimiser.load_state_dict(state.optimiser)

    def run(self) -> tuple[float, float, int]:
        request, state = self._request, self._state
        plain = replace(request, crops=())
        aside = _kept_aside(plain, self._student.classes, _ASIDE, _ASIDE_BATCHES, self._device)
        if not state.evaluations:
            state.evaluations.append({"step": 0.0, "agreement": self._agreement(aside)})
        # Every worker has passed some lines already; a run that goes on takes others.
        first = int(state.record["drawn"]) // max(1, request.workers) + 1
        chunks = stream(request, self._student.classes, first if state.step else 0)
        pool = Pool(
            chunks, request.batch_size * PADDED, request.reuse, self._device, request.synth.seed
        )
        drawn_before = int(state.record["drawn"])
        started = time.monotonic() - state.elapsed_s
        saved, waited = time.monotonic(), 0.0
        log = (self._folder / "log.jsonl").open("a" if state.step else "w", encoding="utf-8")
        with log, tqdm(disable=not request.progress, unit="step", initial=state.step) as bar:
            while (share := self._share(time.monotonic() - started)) < 1:
                waited -= time.monotonic()
                batch = pool.batch()
                waited += time.monotonic()
                found = self._step(batch, share)
                state.step += 1
                bar.update()
                if state.step % _LOGGED == 0:
                    state.elapsed_s = time.monotonic() - started
                    values = {name: round(float(value), 5) for name, value in found.items()}
                    values |= {"step": state.step, "s": round(state.elapsed_s, 1)}
                    values["lines"] = drawn_before + pool.drawn
                    values["waited_s"] = round(waited, 1)
                    log.write(json.dumps(values) + "\n")
                    log.flush()
                    bar.set_postfix_str(f"{values}", refresh=False)
                    if not math.isfinite(values["loss"]):
                        raise ModelError(
                            f"the loss is NaN at step {state.step}: try a smaller `learning_rate`"
                        )
                if time.monotonic() - saved > _CHECKPOINT_S:
                    self._save(time.monotonic() - started, drawn_before + pool.drawn)
                    saved = time.monotonic()
        after = self._agreement(aside)
        state.evaluations.append({"step": float(state.step), "agreement": after})
        self._save(time.monotonic() - started, drawn_before + pool.drawn)
        return state.evaluations[0]["agreement"], after, state.step

    def _share(self, elapsed: float) -> float:
        if not self._request.steps and not self._request.minutes:
            return 1.0
        shares = [0.0]
        if self._request.steps:
            shares.append(self._state.step / self._request.steps)
        if self._request.minutes:
            shares.append(elapsed / (60 * self._request.minutes))
        return max(shares)

    def _step(self, chunk: Chunk, share: float) -> dict[str, torch.Tensor]:
        factor = min(1.0, (share + 1e-3) / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * share))
        for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor
        images = image_tensor(chunk)
        with torch.no_grad(), lower_precision(self._device, self._bf16):
            target = self._teacher(images).float()
        with lower_precision(self._device, self._bf16 and not self._request.int8):
            logits = self._student(images[..., : chunk.cut])
        found = losses(logits.float(), target, chunk, self._request.label_weight)
        self._optimiser.zero_grad(set_to_none=True)
        found.total.backward()
        norm = torch.nn.utils.clip_grad_norm_(list(self.weights.values()), _GRADIENT_NORM)
        self._optimiser.step()
        kept = min(_AVERAGING, (1 + self._state.step) / (10 + self._state.step))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.averaged.values()), [w.detach() for w in self.weights.values()], 1 - kept
            )
        return {
            "loss": found.total.detach(),
            "divergence": found.divergence,
            "agreement": found.agreement,
            "norm": norm,
        }

    def _agreement(self, aside: Sequence[Chunk]) -> float:
        """Return the share of lines kept aside that student and teacher read alike."""
        same = total = 0
        with self._student.using(self.averaged), torch.inference_mode():
            for chunk in aside:
                images = image_tensor(chunk)
                pairs = zip(_read(self._student(images)), _read(self._teacher(images)), strict=True)
                for left, right in pairs:
                    same += left == right
                    total += 1
        return same / total

    def _save(self, elapsed: float, drawn: int) -> None:
        state = self._state
        state.elapsed_s = elapsed
        state.record["drawn"] = drawn
        state.weights = {name: w.detach().cpu().clone() for name, w in self.weights.items()}
        state.averaged = {name: w.detach().cpu().clone() for name, w in self.averaged.items()}
        state.optimiser = self._optimiser.state_dict()
        state.save(self._folder / "checkpoint.pt")


def _read(logits: torch.Tensor) -> list[list[int]]:
    texts = []
    for line in logits.argmax(dim=2).tolist():
        texts.append([c for n, c in enumerate(line) if c and (n == 0 or line[n - 1] != c)])
    return texts
