"""Read how a model folder makes one vector of a text, as sentence-transformers lays it out.

`modules.json` lists the modules in order: the transformer, the pooling, and Dense layers. What this
workflow does not compute is refused by name. A folder without `modules.json` is pooled by the mean.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.cli import UserError
from lib.embeddings.model import Settings, positions, read_json, read_settings

# The names of the poolings in a config of sentence-transformers, and ours; others are refused.
POOLINGS = {"mean": "mean", "cls": "cls", "lasttoken": "last", "max": "max"}
FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
ACTIVATIONS = ("Identity", "Tanh", "ReLU", "GELU", "SiLU", "Sigmoid")  # classes of torch.nn
# Files with the settings of the transformer; the name depends on the age of the model.
TRANSFORMER_CONFIGS = tuple(
    f"sentence_{name}_config.json"
    for name in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
PROMPTS = "config_sentence_transformers.json"
# Options of the transformer that change no vector, or that the tokenizer and we read ourselves.
HARMLESS = {
    "attn_implementation",
    "device_map",
    "dtype",
    "low_cpu_mem_usage",
    "model_max_length",
    "padding_side",
    "torch_dtype",
    "trust_remote_code",
    "use_cache",
    "use_fast",
    "use_safetensors",
}
# Longer texts are not abstracts, and attention to all of a book does not fit into memory.
LONGEST_BY_DEFAULT = 8192
UNLIMITED = 512  # tokens for a model that states no limit at all


@dataclass(frozen=True)
class Dense:
    """A linear layer after the pooling.

    Attributes
    ----------
    folder : inside the model folder
    activation : the name of a class of torch.nn
    after_normalize : whether its input is scaled to unit length first
    bias : whether its weights have a bias
    """

    folder: str
    activation: str
    after_normalize: bool
    bias: bool


@dataclass(frozen=True)
class Layout:
    """How the tokens of a text become one vector.

    Attributes
    ----------
    pooling : mean, cls (the first token), last or max
    include_prefix : whether the tokens of the prefix are pooled too
    dense : the layers after the pooling, in order
    prefix : put before each text
    max_tokens : longer texts are truncated
    max_seq_length : the length at which the model itself truncates; None if it does not say
    truncate_dim : the number of dimensions that are kept; None keeps all
    """

    pooling: str
    include_prefix: bool
    dense: tuple[Dense, ...]
    prefix: str
    max_tokens: int
    max_seq_length: int | None
    truncate_dim: int | None

    @property
    def pooled(self) -> str:
        """The pooling in words, for the fingerprint and the summary."""
        without = "" if self.include_prefix or not self.prefix else " without prefix"
        kept = f", first {self.truncate_dim} dimensions" if self.truncate_dim else ""
        return self.pooling + without + kept

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders with weights of their own inside the model folder."""
        return tuple(dense.folder for dense in self.dense)


def read_layout(
    folder: Path, pooling: str = "auto", prefix: str | None = None, max_tokens: int | None = None
) -> Layout:
    """Read the layout of a model folder.

    Parameters
    ----------
    pooling : auto takes the model's own; mean, cls, last and max replace it
    prefix : None takes the model's own default prompt, or none
    max_tokens : None takes the model's own limit

    Raises
    ------
    UserError
        The model has a module or a setting that is not supported, or a file is missing or damaged.
    """
    if (folder / "adapter_config.json").is_file():
        raise UserError(
            f"embed.model: {folder} holds an adapter (adapter_config.json), which is not supported; merge it into "
            "its base model with `merge_and_unload` of peft, and save the result"
        )
    own_pooling, own_prefix, include_prefix = "mean", "", True
    dense: tuple[Dense, ...] = ()
    own_limit, lower_case, truncate_dim = None, False, None
    if (folder / "modules.json").is_file():
        pooler, dense = _modules(folder)
        config = read_settings(folder / pooler / "config.json")
        if pooling == "auto":
            own_pooling = _pooling(config)
        include_prefix = config.get("include_prompt", bool, True)
        own_limit, lower_case = _transformer_settings(folder)
        prompts = _settings(folder / PROMPTS)
        truncate_dim = prompts.get("truncate_dim", int, least=1)
        if prefix is None:
            own_prefix = _default_prompt(prompts)
    prefix = own_prefix if prefix is None else prefix
    own_limit = own_limit or _of_tokenizer(folder)
    return Layout(
        pooling=own_pooling if pooling == "auto" else pooling,
        include_prefix=include_prefix,
        dense=dense,
        # texts are in lower case already
        prefix=prefix.lower() if lower_case else prefix,
        max_tokens=max_tokens or _default_limit(own_limit, positions(folder)),
        max_seq_length=own_limit,
        truncate_dim=truncate_dim,
    )


def _default_limit(tokenizer_limit: int | None, limit: int | None) -> int:
    limits = [n for n in (tokenizer_limit, limit) if n]
    return min([*limits, LONGEST_BY_DEFAULT]) if limits else UNLIMITED


def _modules(folder: Path) -> tuple[str, tuple[Dense, ...]]:
    """The folder of the pooling and the Dense layers behind it."""
    modules = [_module(folder, entry) for entry in read_json(folder / "modules.json", list)]
    names = [name for name, _ in modules]
    if names[:2] != ["Transformer", "Pooling"]:
        raise UserError(
            f"embed.model: {folder}/modules.json starts with {', '.join(names[:2]) or 'nothing'}; only models that "
            "start with Transformer, Pooling are supported. Choose another model"
        )
    if modules[0][1]:
        raise UserError(
            f"embed.model: the transformer of {folder} is in its folder {modules[0][1]}, which is not supported; move "
            'the files of that folder up, and set its path in modules.json to ""'
        )
    dense, normalized = [], False
    for name, path in modules[2:]:
        if name == "Dense":
            dense.append(_dense(folder, path, normalized))
        elif name not in ("Normalize", "Dropout"):
            raise UserError(
                f"embed.model: {folder} has the module {name} (modules.json), which is not supported; supported "
                "after Transformer and Pooling are Dense and Normalize. Choose another model"
            )
        normalized = name == "Normalize" or (normalized and name == "Dropout")
    return modules[1][1], tuple(dense)


def _module(folder: Path, entry: Any) -> tuple[str, str]:
    """The name of the class of a module, and its folder."""
    file = folder / "modules.json"
    values = Settings(file, {"module": entry}).get("module", dict, {})
    kind, path = (Settings(file, values).get(key, str) for key in ("type", "path"))
    if kind is None or path is None:
        raise UserError(
            f"embed.model: {file} has a module without type or path; take a complete copy of the model"
        )
    if not kind.startswith("sentence_transformers."):
        raise UserError(
            f"embed.model: {folder} has a module with code of its own ({kind} in modules.json), which is not run; "
            "choose another model"
        )
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise UserError(f"embed.model: {folder}/modules.json names a folder outside the model ({path})")
    return kind.rpartition(".")[2], path


def _pooling(config: Settings) -> str:
    """Our name of the pooling in a config of the module Pooling."""
    if not config.values.keys() & {*FLAGS, "pooling_mode", "embedding_dimension", "word_embedding_dimension"}:
        raise UserError(
            f"embed.model: {config.file} says nothing about a pooling; take a complete copy of the model, or set "
            "`embed.pooling`"
        )
    flagged = [mode for flag, mode in FLAGS.items() if config.get(flag, bool)]
    modes = config.get("pooling_mode", (str, list)) or flagged or "mean"
    modes = [modes] if isinstance(modes, str) else [str(mode) for mode in modes]
    if len(modes) != 1 or modes[0] not in POOLINGS:
        raise UserError(
            f"embed.model: the model pools by {' and '.join(modes)} ({config.file}), which is not "
            "supported; choose another model, or set `embed.pooling` to mean, cls, last or max, which the "
            "model was not trained for"
        )
    return POOLINGS[modes[0]]


def _dense(folder: Path, path: str, normalized: bool) -> Dense:
    """A Dense module; its weights are read by `pooling.load_head`."""
    where = folder / path
    config = read_settings(where / "config.json")
    activation = config.get("activation_function", str, "torch.nn.Tanh")
    package, _, name = activation.rpartition(".")
    if package.partition(".")[0] != "torch" or name not in ACTIVATIONS:
        raise UserError(
            f"embed.model: the activation {activation} ({where}/config.json) is not supported; supported are "
            f"{', '.join(ACTIVATIONS)}. Choose another model"
        )
    if config.get("use_residual", bool):
        raise UserError(
            f"embed.model: the Dense layer {where} has use_residual, which is not supported; choose another model"
        )
    for key in ("module_input_name", "module_output_name"):
        if (other := config.get(key, str)) not in (None, "sentence_embedding"):
            raise UserError(
                f"embed.model: the Dense layer {where} has {key} {other!r}, which is not supported; choose "
                "another model"
            )
    return Dense(path, name, normalized, config.get("bias", bool, True))


def _transformer_settings(folder: Path) -> tuple[int | None, bool]:
    """The length at which the module Transformer truncates, and whether it puts texts into lower case.

    Raises a UserError for a setting that would change vectors.
    """
    name = next((name for name in TRANSFORMER_CONFIGS if (folder / name).is_file()), TRANSFORMER_CONFIGS[0])
    settings = _settings(folder / name)

    def refuse(what: str) -> None:
        raise UserError(f"embed.model: {what} ({settings.file}) is not supported; choose another model")

    plain = "feature-extraction"
    if (task := settings.get("transformer_task", str, plain)) != plain:
        refuse(f"the transformer_task {task}")
    if inputs := settings.get("modality_config", dict):
        text = Settings(settings.file, inputs).get("text", dict, {})
        if (text.get("method"), text.get("method_output_name")) != ("forward", "last_hidden_state"):
            refuse(f"an input other than plain text ({', '.join(inputs)})")
    for key in ("model", "config", "tokenizer", "processor"):
        for suffix in ("args", "kwargs"):
            if unknown := set(settings.get(f"{key}_{suffix}", dict) or ()) - HARMLESS:
                refuse(f"{key}_{suffix}: {', '.join(sorted(unknown))}")
    if unknown := set(settings.get("processing_kwargs", dict) or ()) - {"chat_template"}:
        refuse(f"processing_kwargs: {', '.join(sorted(unknown))}")
    options = settings.get("processor_kwargs", dict) or settings.get("tokenizer_args", dict) or {}
    limit = Settings(settings.file, options).get("model_max_length", int, least=1)
    of_model = settings.get("max_seq_length", int, least=1)
    return limit or of_model, settings.get("do_lower_case", bool) or False


def _default_prompt(config: Settings) -> str:
    """The prompt that sentence-transformers puts before a text when it is not told which."""
    name = config.get("default_prompt_name", str)
    prompts = config.get("prompts", dict) or {}
    if name is not None and name not in prompts:
        raise UserError(
            f"embed.model: the default prompt {name!r} is not among the prompts of {config.file}; set "
            "`embed.prefix`"
        )
    return "" if name is None else Settings(config.file, prompts).get(name, str) or ""


def _of_tokenizer(folder: Path) -> int | None:
    """The longest input in tokens that the tokenizer states; "none" is stated by an enormous number."""
    length = _settings(folder / "tokenizer_config.json").get("model_max_length", (int, float), least=1)
    return int(length) if length and length < 10**9 else None


def _settings(file: Path) -> Settings:
    """The settings in a file that a model need not have."""
    return read_settings(file) if file.is_file() else Settings(file, {})
