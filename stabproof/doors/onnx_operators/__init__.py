"""ONNX's operators (opset 13 and newer) as JAX functions of real numbers, keyed by name.

Arguments are named as the inputs and attributes of the operator's schema, so that a rule serves the versions in which
an attribute became an input. What is static (shapes, axes, positions) must be a constant of the file.
"""
