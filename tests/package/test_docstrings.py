"""Every public name of the package says what it is."""

import importlib
import inspect
import pkgutil

import rechub

GENERATED = ("rechub._engine", "rechub._version")  # by nanobind and CMake


def modules():
    yield rechub
    for found in pkgutil.walk_packages(rechub.__path__, "rechub."):
        if found.name not in GENERATED:
            yield importlib.import_module(found.name)


def without_docstring(module):
    """Names of the module and of public classes, methods and properties that are written in it."""
    for name, value in [("", module), *vars(module).items()]:
        is_own = value is module or getattr(value, "__module__", None) == module.__name__ and (inspect.isfunction(value) or inspect.isclass(value))
        if not is_own or name.startswith("_"):
            continue
        if not vars(value).get("__doc__") if inspect.isclass(value) else not value.__doc__:
            yield f"{module.__name__}.{name}".rstrip(".")
        for member, given in vars(value).items() if inspect.isclass(value) else ():
            function = given.__func__ if isinstance(given, (classmethod, staticmethod)) else given
            if not member.startswith("_") and (inspect.isfunction(function) or isinstance(function, property)) and not function.__doc__:
                yield f"{module.__name__}.{name}.{member}"


def test_every_public_name_has_a_docstring():
    walked = list(modules())
    assert {module.__name__ for module in walked} >= {"rechub.datasets", "rechub.serving", "rechub.basic.metric", "rechub.models.matching.sequence", "rechub.utils.match"}
    assert [name for module in walked for name in without_docstring(module)] == []


def test_one_without_is_found():
    class Bare:
        @property
        def size(self):
            return 0

        @classmethod
        def made(cls):
            return cls()

    module = type(rechub)("bare", None)
    module.Bare, module.dig = Bare, lambda: 0
    Bare.__module__ = module.dig.__module__ = "bare"
    assert list(without_docstring(module)) == ["bare", "bare.Bare", "bare.Bare.size", "bare.Bare.made", "bare.dig"]


def test_help_explains_every_setting_of_every_model():
    public = [getattr(rechub, name) for name in dir(rechub)]
    models = [one for one in public if inspect.isclass(one) and issubclass(one, rechub.Recommender) and one is not rechub.Recommender]
    assert len(models) == 12
    for model in models:
        explained = {line.split(":")[0] for line in inspect.getdoc(model).splitlines()}
        assert set(inspect.signature(model).parameters) <= explained, model


def test_a_class_made_of_a_model_keeps_its_docstring():
    class Mine(rechub.SASRec):
        """Of mine, which help() lists here:"""

    class Silent(rechub.SASRec):
        pass

    assert Mine.__doc__ == "Of mine, which help() lists here:" and Silent.__doc__ is None and inspect.getdoc(Silent) == inspect.getdoc(rechub.SASRec)
