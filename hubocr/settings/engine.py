"""How a model is loaded and run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from hubocr.settings.rule import Checked, setting

EngineName = Literal["auto", "openvino", "onnxruntime", "paddle"]
Precision = Literal["fp32", "bf16", "prefer_bf16"]
Performance = Literal["latency", "throughput"]

ENGINE_NAMES: tuple[EngineName, ...] = get_args(EngineName)


@dataclass(frozen=True)
class EngineSettings(Checked):
    """How a model is loaded and run."""

    title: ClassVar = {"en": "Engine", "zh": "引擎"}
    engine: EngineName = setting(
        "auto",
        "engine",
        "inference engine; auto takes the first that is installed and reads the model, of "
        "openvino, onnxruntime, paddle on a CPU (fastest first), of paddle, onnxruntime on a GPU",
        "推理引擎；auto 取第一个已安装且能读取该模型的引擎：CPU 上依次为 openvino、onnxruntime、"
        "paddle（由快到慢），GPU 上依次为 paddle、onnxruntime",
        "choice",
        choices=ENGINE_NAMES,
    )
    precision: Precision = setting(
        "fp32",
        "precision",
        "fp32 gives the reference's results; bf16 is up to 1.8 times as fast where the processor "
        "has it (openvino only) but changes some texts; prefer_bf16 is bf16 where the engine and "
        "the processor have it, otherwise fp32",
        "fp32 与参考实现结果一致；bf16 在处理器支持时速度最高可达 1.8 倍（仅 openvino），但会改变"
        "部分文字；prefer_bf16 在引擎和处理器都支持时用 bf16，否则用 fp32",
        "choice",
        choices=get_args(Precision),
    )
    cpu_threads: int = setting(
        0,
        "cpu_threads",
        "processor threads; 0: all that the process may use",
        "处理器线程数；0：进程可用的全部",
        "integer",
        high=1024,
    )
    performance: Performance = setting(
        "latency",
        "performance",
        "latency lets the detector use all threads for one image at a time; throughput gives each "
        "of several images one thread (more images a second, more memory), and all threads to a "
        "single image",
        "latency：检测器用全部线程逐张处理图像；throughput：多张图像各用一个线程，吞吐量更大、占内存"
        "更多，只有一张图像时仍用全部线程",
        "choice",
        choices=get_args(Performance),
    )
    virtual_padding: bool = setting(
        False,
        "rec_virtual_padding",
        "compute narrow lines at their own width plus a margin, with the effect of the padding to "
        "320 pixels that PP-OCR's recognisers were trained with (openvino, v4 and v6); faster for "
        "words and captchas, but a few texts change; the width of rec_image_shape is not used then",
        "窄行只按自身宽度加余量计算，效果等同于训练时填充到 320 像素（openvino，v4 和 v6）；单词和"
        "验证码更快，但个别文字会变；此时 rec_image_shape 的宽度不起作用",
        "boolean",
        tasks=("rec",),
    )
    use_gpu: bool = setting(
        False,
        "use_gpu",
        "run on a CUDA device (a CUDA build of paddle or onnxruntime)",
        "在 CUDA 设备上运行（需 CUDA 版 paddle 或 onnxruntime）",
        "boolean",
    )
    gpu_id: int = setting(
        0,
        "gpu_id",
        "index of the device among the visible ones",
        "设备在可见设备中的序号",
        "integer",
        high=64,
    )
    gpu_mem: int = setting(
        8000,
        "gpu_mem",
        "initial GPU memory pool of paddle, in MB",
        "paddle 初始显存池大小，单位 MB",
        "integer",
        low=1,
        high=1 << 20,
    )
    enable_mkldnn: bool = setting(
        True,
        "enable_mkldnn",
        "let paddle use oneDNN on a CPU",
        "允许 paddle 在 CPU 上使用 oneDNN",
        "boolean",
    )

    @property
    def threads(self) -> int:
        """The number of processor threads, with 0 resolved to what this process may use."""
        return self.cpu_threads or available_threads()


def available_threads() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
