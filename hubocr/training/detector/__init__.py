"""Training a DB text detector from released inference weights.

What a detector learns from is the probability map alone. Released weights lack the branch that
predicts the threshold map, which is for training only (Liao et al., Real-time Scene Text Detection
with Differentiable Binarization, 2019, section 3.2), so the losses on the threshold and on the
approximate binary map can't be had, see `hubocr.training.detector.loss`.
"""
