"""The policy language: reads a folder of YAML files, checks it, compiles it for the core."""

from tierline.policy.document import compile_document
from tierline.policy.errors import Finding, PolicyError
from tierline.policy.folder import LoadedPolicy, load_folder, to_document
from tierline.policy.records import Records

__all__ = [
    "Finding",
    "LoadedPolicy",
    "PolicyError",
    "Records",
    "compile_document",
    "load_folder",
    "to_document",
]
