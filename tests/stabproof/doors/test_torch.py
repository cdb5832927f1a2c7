"""`from_torch`: agreement with torch, and refusals by name."""

import warnings

import jax
import numpy as np
import pytest

import stabproof as sp
from stabproof import InputError

torch = pytest.importorskip("torch")

nn = torch.nn

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def _repeatable():
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def jacobians(module, model, x, batch_axis=0):
    """(torch's, ours): derivative of the output vector in all weights side by side."""
    doubled = module.double()
    weights = {name: p for name, p in doubled.named_parameters() if p.requires_grad}
    value = torch.as_tensor(x).unsqueeze(batch_axis)

    def output(w):
        return torch.func.functional_call(doubled, w, (value,)).reshape(-1)

    theirs = torch.func.jacrev(output)({name: p.detach() for name, p in weights.items()})
    with jax.enable_x64(True):
        mine = jax.jit(jax.jacrev(model.predict))(model.params, x)
    return [np.concatenate([np.asarray(j[n]).reshape(len(j[n]), -1) for n in weights], axis=1) for j in (theirs, mine)]


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.cell, self.out = kind(2, 4, batch_first=True), nn.Linear(4, 2)

    def forward(self, x):
        return self.out(self.cell(x)[0][:, -1])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
        self.tokens, self.encoder, self.out = nn.Embedding(10, 8), nn.TransformerEncoder(layer, 1), nn.Linear(8, 3)

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        return self.out(self.encoder(self.tokens(x), mask=mask, is_causal=True)[:, -1])


class Residual(nn.Module):
    def __init__(self, channels=3):
        super().__init__()
        self.first = nn.Conv2d(1, channels, 3, padding=1)
        self.norms = nn.ModuleList([nn.BatchNorm2d(channels), nn.GroupNorm(1, channels)])
        self.convs = nn.ModuleList([nn.Conv2d(channels, channels, 3, padding=1) for _ in self.norms])
        self.out = nn.Linear(channels, 4)

    def forward(self, x):
        x = self.first(x)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = x + conv(torch.tanh(norm(x)))
        return self.out(x.mean((2, 3)))


def networks():
    convolutional = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True), nn.Flatten(), nn.Linear(12, 3)
    )
    residual = Residual().eval()
    residual.norms[0].running_mean.normal_()
    residual.norms[0].running_var.uniform_(0.5, 2.0)
    return {
        "perceptron": (nn.Sequential(nn.Linear(3, 5), nn.GELU(), nn.Linear(5, 2)), torch.randn(1, 3)),
        "convolutional": (convolutional, torch.randn(1, 1, 6, 5)),
        "gru": (Recurrent(nn.GRU), torch.randn(1, 3, 2)),
        "lstm": (Recurrent(nn.LSTM), torch.randn(1, 3, 2)),
        "encoder": (Encoder().eval(), torch.tensor([[1, 7, 0, 7]])),
        "residual": (residual, torch.randn(1, 1, 5, 5)),
    }


@pytest.mark.parametrize("name", ["perceptron", "convolutional", "gru", "lstm", "encoder", "residual"])
def test_values_and_jacobians_are_torchs(name):
    module, example = networks()[name]
    model = sp.from_torch(module, example)
    x = np.asarray(example)[0].astype(np.float64 if example.dtype.is_floating_point else np.int64)
    theirs, ours = jacobians(module, model, x)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10 * np.abs(theirs).max())
    assert np.abs(theirs).max() > 1e-3


def test_the_model_unpacks_and_reports():
    model = sp.from_torch(nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)), torch.randn(1, 2))
    predict, params = model
    assert set(params) == {"0.weight", "0.bias", "2.weight", "2.bias"}
    assert all(value.dtype == np.float64 for value in params.values())
    assert "13 numbers" in model.report()
    problem = sp.Regression(predict, params, np.ones((1, 2)), np.zeros((1, 1)))
    assert (problem.dimension, problem.outputs) == (13, 1)


def test_an_example_that_does_not_fit_is_refused_before_torch_prints_a_traceback(capfd):
    with pytest.raises(InputError, match=r"fails on the example of shape \(1, 4\)"):
        sp.from_torch(nn.Linear(3, 2), torch.zeros(1, 4))
    assert capfd.readouterr().err == ""


def test_weights_are_taken_exactly():
    layer = nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(0.1)
    model = sp.from_torch(layer, torch.zeros(1, 1))
    assert model.params["weight"][0, 0] == float(np.float32(0.1)) != 0.1


class Function(nn.Module):
    """One weight and any function of (x, weight)."""

    def __init__(self, function):
        super().__init__()
        self.weight, self.function = nn.Parameter(torch.tensor([0.75, -0.5])), function

    def forward(self, x):
        return self.function(x, self.weight)


def converted(function, example=None):
    return sp.from_torch(Function(function), torch.tensor([[0.3, 2.0]]) if example is None else example)


def test_python_scalars_are_exact_and_tensors_are_float32():
    one = np.array([1.0, 1.0])
    scalar = converted(lambda x, w: x * w * 0.1)
    made = converted(lambda x, w: x * w * torch.tensor(0.1))
    assert np.asarray(scalar.predict(scalar.params, one))[0] == 0.75 * 0.1
    assert np.asarray(made.predict(made.params, one))[0] == 0.75 * float(np.float32(0.1))


def test_tables_in_single_precision_are_constants():
    model = converted(lambda x, w: x * w + torch.exp(torch.arange(2.0)))
    table = np.asarray(model.predict(model.params, np.zeros(2)))
    np.testing.assert_array_equal(table, table.astype(np.float32))
    np.testing.assert_allclose(table, np.exp(np.arange(2.0)), rtol=2e-7)
    assert "exp.default" in model.report()


def test_arithmetic_in_single_precision_is_refused():
    with pytest.raises(InputError, match=r"float32|rounds numbers"):
        converted(lambda x, w: (x * w).float().double())


def test_far_remainders():
    model = converted(lambda x, w: torch.fmod(x * 1e10, w))
    x = np.array([0.3, 2.0])
    expected = np.fmod(x * 1e10, [0.75, -0.5])
    np.testing.assert_array_equal(np.asarray(model.predict(model.params, x)), expected)


def test_batch_statistics_are_refused_by_name():
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.2))
    with pytest.raises(InputError, match=r"1 \(BatchNorm1d\), 2 \(Dropout\).*eval"):
        sp.from_torch(module, torch.zeros(1, 2))
    model = sp.from_torch(module.eval(), torch.zeros(1, 2))
    # the integer counter is a constant, and stays an integer
    assert model.constants["1.num_batches_tracked"].dtype == np.int64
    assert set(model.params) == {"0.weight", "0.bias", "1.weight", "1.bias"}


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(2, 2)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        return self.inner(x) * self.calls


def test_a_buffer_that_changes_is_refused_by_name():
    with pytest.raises(InputError, match="calls"):
        sp.from_torch(Counting(), torch.zeros(1, 2))


def test_random_numbers_are_refused():
    with pytest.raises(InputError, match="random"):
        converted(lambda x, w: x * w + torch.randn(2).double())
    with pytest.raises(InputError, match="random"):
        converted(lambda x, w: torch.nn.functional.dropout(x * w, 0.5, training=True))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))


def test_tied_weights_are_one():
    module = Tied()
    model = sp.from_torch(module, torch.randn(1, 3))
    assert set(model.params) == {"first.weight"}
    assert "second.weight is first.weight" in model.report()
    theirs, ours = jacobians(module, model, np.array([0.3, -1.0, 2.0]))
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_weights_that_share_memory_are_refused():
    module = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    module[1].weight = nn.Parameter(module[0].weight.data)
    with pytest.raises(InputError, match="share memory"):
        sp.from_torch(nn.Sequential(*module), torch.zeros(1, 2))


def test_spectral_norm_divides_by_stored_vectors():
    module = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2)).eval()
    model = sp.from_torch(module, torch.randn(1, 3))
    theirs, ours = jacobians(module, model, np.array([0.3, -1.0, 2.0]))
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    with pytest.raises(InputError, match="_u"):
        sp.from_torch(nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2)).train(), torch.randn(1, 3))


def test_a_gradient_that_is_none_is_refused():
    with pytest.raises(InputError, match="not the derivative"):
        converted(lambda x, w: x * w + (x * w).detach() ** 2)
    with pytest.raises(InputError, match="padding_idx"):
        sp.from_torch(nn.Embedding(4, 2, padding_idx=0), torch.tensor([[1, 2]]))


def test_tokens_stay_integers():
    model = sp.from_torch(nn.Sequential(nn.Embedding(5, 2), nn.Flatten(), nn.Linear(4, 1)), torch.tensor([[1, 2]]))
    inputs = np.array([[3, 0], [4, 4]])
    problem = sp.Regression(model.predict, model.params, inputs, np.zeros(2))
    assert np.isfinite(problem.residual()).all()
    with pytest.raises(InputError, match="not finite at example 1"):
        sp.Regression(model.predict, model.params, np.array([[3, 0], [5, 0]]), np.zeros(2))


def test_frozen_weights_are_constants():
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    module[0].requires_grad_(False)
    model = sp.from_torch(module, torch.zeros(1, 2))
    assert set(model.params) == {"1.weight", "1.bias"}
    assert set(model.constants) == {"0.weight", "0.bias"}
    with pytest.raises(InputError, match="requires a gradient"):
        sp.from_torch(module.requires_grad_(False), torch.zeros(1, 2))


def test_an_operation_without_a_rule_is_named():
    with pytest.raises(InputError, match=r"(?s)nonzero|_unique2|cannot read"):
        converted(lambda x, w: torch.unique(x * w).sum().reshape(1))
    with pytest.raises(InputError, match=r"lgamma"):
        converted(lambda x, w: torch.lgamma(x * w))


def test_wrong_arguments():
    module = nn.Linear(2, 1)
    with pytest.raises(InputError, match="batch of one"):
        sp.from_torch(module, torch.zeros(3, 2))
    with pytest.raises(InputError, match=r"torch\.nn\.Module"):
        sp.from_torch(lambda x: x, torch.zeros(1, 2))
    model = sp.from_torch(module, torch.zeros(1, 2))
    with pytest.raises(InputError, match="read at one input"):
        model.predict(model.params, np.zeros(3))
    alone = sp.from_torch(module, torch.zeros(2), batch_axis=None)
    assert np.asarray(alone.predict(alone.params, np.zeros(2))).shape == (1,)


def test_what_a_newcomer_passes():
    module = nn.Linear(3, 1)
    for example in (None, {"a": 1}, "abc"):
        with pytest.raises(InputError, match="one tensor or array of numbers"):
            sp.from_torch(module, example)
    with pytest.raises(InputError, match="example holds NaN"):
        sp.from_torch(module, torch.full((1, 3), float("nan")))
    with pytest.raises(InputError, match="batch_axis must be"):
        sp.from_torch(module, torch.zeros(1, 3), batch_axis="0")
    with pytest.raises(InputError, match="tokens as integers"):
        sp.from_torch(module, torch.zeros(1, 3, dtype=torch.int64))
    with pytest.raises(InputError, match="is an OrderedDict"):
        sp.from_torch(module.state_dict(), torch.zeros(1, 3))
    with pytest.raises(InputError, match="no shape yet"):
        sp.from_torch(nn.LazyLinear(2), torch.zeros(1, 3))
    module.weight.data[0, 1] = float("inf")
    with pytest.raises(InputError, match="the weight weight holds NaN or infinities"):
        sp.from_torch(module, torch.zeros(1, 3))


def test_half_precision_weights_are_taken_exactly():
    module = nn.Linear(1, 1, bias=False).half()
    module.weight.data.fill_(0.1)
    model = sp.from_torch(module, torch.zeros(1, 1))
    assert model.params["weight"][0, 0] == float(np.float16(0.1))


def test_a_mask_of_minus_infinity_may_be_a_buffer():
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
            self.register_buffer("mask", torch.tensor([0.0, float("-inf"), 0.0]))

        def forward(self, x):
            return torch.softmax(x * self.weight + self.mask, -1)

    model = sp.from_torch(Masked(), torch.ones(1, 3))
    enclosed = sp.enclose(lambda p: model.predict(p, np.ones(3)), model.params)
    share = 1 / (1 + np.exp(2.0))
    assert np.all(np.abs(enclosed.lower - [share, 0, 1 - share]) < 1e-14)
    assert np.all(np.abs(enclosed.upper - [share, 0, 1 - share]) < 1e-14)


def test_torch_parameters_in_a_regression_point_here():
    module = nn.Linear(2, 1)
    with pytest.raises(InputError, match="from_torch"):
        sp.Regression(lambda p, x: x, dict(module.named_parameters()), np.ones((1, 2)), np.ones(1))
    with pytest.raises(InputError, match="from_torch"):
        sp.Regression(lambda p, x: x, module, np.ones((1, 2)), np.ones(1))
