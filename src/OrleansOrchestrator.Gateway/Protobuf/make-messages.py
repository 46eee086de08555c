#!/usr/bin/env python3
"""Makes Messages.txt: the protobuf messages of the kinds, in the form that its head describes.

Usage: make-messages.py API APIMACHINERY APIEXTENSIONS AGGREGATOR > Messages.txt

The arguments are checkouts of one release of kubernetes/api, kubernetes/apimachinery, kubernetes/apiextensions-apiserver and
kubernetes/kube-aggregator. Numbers and types come from their generated.proto files. JSON names, and whether zero is a value, come from
the tags of the Go types beside them. Nothing else of those files is used.
"""
import pathlib
import re
import sys

GROUPS = """admissionregistration/v1 apidiscovery/v2 apidiscovery/v2beta1 apps/v1 authentication/v1 authorization/v1 autoscaling/v1
autoscaling/v2 batch/v1 certificates/v1 coordination/v1 core/v1 discovery/v1 events/v1 flowcontrol/v1 networking/v1 node/v1 policy/v1
rbac/v1 scheduling/v1 scheduling/v1alpha3 storage/v1""".split()

# Messages that JSON has a form of its own for. Those of the right are read and written like those of the left.
WELL_KNOWN = {
    "Quantity": ["resource.Quantity"],
    "IntOrString": ["intstr.IntOrString"],
    "Time": ["meta.v1.Time"],
    "MicroTime": ["meta.v1.MicroTime"],
    "Duration": ["meta.v1.Duration"],
    "Raw": ["runtime.RawExtension", "meta.v1.FieldsV1", "apiextensions.v1.JSON"],
    "Texts": ["authentication.v1.ExtraValue", "authorization.v1.ExtraValue", "certificates.v1.ExtraValue", "authentication.v1.AttestationValue",
              "meta.v1.Verbs"],
    "SchemaOrList": ["apiextensions.v1.JSONSchemaPropsOrArray"],
    "SchemaOrFlag": ["apiextensions.v1.JSONSchemaPropsOrBool"],
    "SchemaOrTexts": ["apiextensions.v1.JSONSchemaPropsOrStringArray"],
}
NAMES = {name: known for known, names in WELL_KNOWN.items() for name in names}
SCALARS = {"string": "s", "bytes": "y", "bool": "b", "double": "d", "int32": "i", "int64": "i", "uint32": "i", "uint64": "i"}

HEAD = """# The protobuf messages of the kinds, as the current release of Kubernetes defines them. Made by make-messages.py.
# One message a line: its name, then its fields as number:name:type.
#   Types: s string, y bytes, i integer, b boolean, d floating point, or a message; [] before a type is a list of it,
#   {} a map from strings to it. Names without a dot are messages that JSON has a form of its own for (see WellKnown).
#   ! after a type: zero, false or the empty string is a value and not the absence of one.
#   < before a name: JSON has the message's fields in the place of the field."""


def folders(api, machinery, extensions, aggregator):
    for group in GROUPS:
        yield group.replace("/", "."), api / group
    yield "meta.v1", machinery / "pkg/apis/meta/v1"
    yield "meta.v1beta1", machinery / "pkg/apis/meta/v1beta1"
    yield "apiextensions.v1", extensions / "pkg/apis/apiextensions/v1"
    yield "apiregistration.v1", aggregator / "pkg/apis/apiregistration/v1"


def tags(folder):
    """By struct and protobuf name: JSON name, whether it is inlined, and whether zero is a value."""
    found = {}
    for file in sorted(folder.glob("*types*.go")) + sorted(folder.glob("micro_time*.go")):
        struct = None
        for line in file.read_text().splitlines():
            if opened := re.match(r"type (\w+) struct \{", line):
                struct = opened.group(1)
            elif line.startswith("}"):
                struct = None
            elif struct and "protobuf:" in line:
                named = re.search(r'protobuf:"[^"]*name=(\w+)', line)
                json = re.search(r'json:"([^"]*)"', line)
                options = json.group(1).split(",") if json else [""]
                declared = line.strip().split("`")[0].split()
                name = named.group(1) if named else declared[0][0].lower() + declared[0][1:]
                is_pointer = declared[-1].startswith("*")
                is_inline = not options[0] and len(declared) == 1
                keeps_zero = is_pointer or not {"omitempty", "omitzero"} & set(options)
                found[struct, name] = (options[0], is_inline, keeps_zero)
    return found


def full_name(name, package):
    if "." not in name:
        return f"{package}.{name}"
    parts = name.split(".")
    return ".".join(parts[-3:]) if re.match(r"v\d", parts[-2]) else ".".join(parts[-2:])


def type_of(name, package):
    if name in SCALARS:
        return SCALARS[name]
    full = full_name(name, package)
    return NAMES.get(full, full)


def messages(package, folder):
    known = tags(folder)
    text = re.sub(r"//[^\n]*", "", (folder / "generated.proto").read_text())
    for message, body in re.findall(r"\nmessage (\w+) \{(.*?)\n\}", text, re.S):
        full = f"{package}.{message}"
        if full in NAMES or full in ("meta.v1.Timestamp", "meta.v1.TableOptions"):
            continue
        fields = []
        for label, map_type, plain_type, name, number in re.findall(
                r"(optional|repeated)?\s*(?:map<string, ([\w.]+)>|([\w.]+)) (\w+) = (\d+);", body):
            json, is_inline, keeps_zero = known.get((message, name), (name, False, False))
            if json == "-":
                continue
            kind = "{}" + type_of(map_type, package) if map_type else ("[]" if label == "repeated" else "") + type_of(plain_type, package)
            is_scalar = kind in ("s", "i", "b", "d")
            fields.append((int(number), ("<" if is_inline else "") + (json or name), kind + ("!" if is_scalar and keeps_zero else "")))
        yield full, " ".join([full] + [f"{number}:{name}:{kind}" for number, name, kind in sorted(fields)])


def main():
    print(HEAD)
    lines = {}
    for package, folder in folders(*map(pathlib.Path, sys.argv[1:5])):
        lines.update(messages(package, folder))
    for name in sorted(lines):
        print(lines[name])


main()
