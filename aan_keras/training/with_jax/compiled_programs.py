"""Compiled programs that the next session of a run finds again."""

import contextlib

import jax
from jax.experimental.compilation_cache import compilation_cache

_FOLDER = "jax_compilation_cache_dir"
_OTHERS = "jax_persistent_cache_enable_xla_caches"


@contextlib.contextmanager
def compiled_programs(folder):
    """Scope in which what XLA compiles is kept in `folder`, or taken from there.

    JAX finds a program by its operations, the version of XLA and the kind of device:
    what another machine left there is not taken. Does nothing where JAX has been told
    of a folder already (`JAX_COMPILATION_CACHE_DIR`).

    Args:
        folder: path; made when the first program is compiled.
    """
    if jax.config.jax_compilation_cache_dir is not None:
        yield
        return
    before = {name: getattr(jax.config, name) for name in (_FOLDER, _OTHERS)}
    # JAX looks for the folder once, at its first compilation.
    compilation_cache.reset_cache()
    jax.config.update(_FOLDER, str(folder))
    # XLA's own cache would make the folder's path a part of what a program is found by.
    jax.config.update(_OTHERS, "none")
    try:
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()
