"""libasterix' answer to what a data block holds, under airshield's column names.

Only the naming rule is shared with the package; every bit is read and scaled by libasterix. Values
are floats for quantities, integers for codes and counts, text without trailing spaces, lists for
repetitions, bytes for explicit items.
"""

import re

from asterix import base
from asterix.generated import manifest

from airshield.read.asterix.spec import UNIT_SUFFIXES


def category_class(category, edition):
    """The libasterix class of one category in one edition."""
    for cls in manifest["CATS"][category]:
        if "{}.{}".format(*cls.cv_edition) == edition:
            return cls
    raise KeyError((category, edition))


def records_of(category, edition, block):
    """Parse one data block; a list of records as flat dicts, or None where libasterix refuses."""
    cls = category_class(category, edition)
    raw, rest = base.RawDatablock.parse_single(base.Bits.from_bytes(block))
    assert not len(rest)
    uap = cls.cv_uap
    bits = raw.get_raw_records()
    if issubclass(uap, base.UapSingle):
        parsed = uap._parse(bits)
        if isinstance(parsed, ValueError):
            return None
        return [flatten(category, cls, record) for record in parsed]
    combinations = uap._parse_any_uap(bits, 50)
    if isinstance(combinations, ValueError):
        return None
    for records in combinations:
        if all(_says(uap, record) for record in records):
            return [flatten(category, cls, record) for record in records]
    return None


def _says(uap, record):
    """Whether a record's selector names the profile it was parsed with."""
    path, names = uap.cv_selector
    flat = {}
    for name, item in record.items_regular.items():
        _non_spare(item, [name], flat, None, None)
    value = flat.get(_name(path, ""))
    chosen = names.get(value)
    return chosen is not None and uap.cv_uaps[chosen] is type(record)


def flatten(category, cls, record):
    """One record as a flat dict."""
    out = {}
    lookup = {}
    for name, item in record.items_regular.items():
        _non_spare(item, [name], out, lookup, category)
        if name == "RE" and _expands(category, cls):
            octets = item.arg.arg.get_bytes()
            expansion = manifest["REFS"][category][-1].cv_expansion
            parsed = expansion._parse(base.Bits.from_bytes(octets))
            if isinstance(parsed, ValueError) or len(parsed[1]):
                out["!odd expansion"] = True
                continue
            for member, inner in parsed[0].arg.items():
                _non_spare(inner, ["RE", member], out, lookup, category)
    return out


def _expands(category, cls):
    return category in manifest["REFS"] and not (category == 21 and cls.cv_edition[0] == 0)


def _name(path, unit):
    head = "i" + path[0] if path[0][0].isdigit() else path[0]
    name = "_".join([head, *path[1:]]).lower()
    suffix = UNIT_SUFFIXES[unit]
    if suffix and not re.search(f"_{suffix}$", name):
        name += f"_{suffix}"
    return name


def _non_spare(item, path, out, lookup, category):
    rule = item.arg
    if isinstance(rule, base.RuleVariationDependent):
        variation = rule.cv_default_variation._parse(rule.bs)[0]
    else:
        variation = rule.arg
    _variation(variation, path, out, lookup)


def _variation(variation, path, out, lookup):
    if isinstance(variation, base.Element):
        name, value = _content(variation, path, out)
        out[name] = value
    elif isinstance(variation, base.Group):
        for item in variation.arg:
            if isinstance(item, base.Item):
                nsp = item.arg
                _non_spare(nsp, [*path, nsp.cv_name], out, lookup, None)
    elif isinstance(variation, base.Extended):
        for part in variation.arg:
            for item in part:
                if isinstance(item, base.Item):
                    _non_spare(item.arg, [*path, item.arg.cv_name], out, lookup, None)
    elif isinstance(variation, base.Repetitive):
        for name in _names(variation.cv_variation, path):
            out[name] = []
        for entry in variation.arg:
            one = {}
            _variation(entry, path, one, lookup)
            for name, value in one.items():
                out[name].append(value)
    elif isinstance(variation, base.Explicit):
        out[_name(path, "")] = variation.get_bytes()
    else:
        for sub in variation.arg.values():
            _non_spare(sub, [*path, sub.cv_name], out, lookup, None)


def _names(cls, path):
    """The columns of a repetitive item, also where it repeats zero times."""
    if issubclass(cls, base.Element):
        content = cls.cv_rule.cv_content
        unit = content.cv_unit if issubclass(content, base.ContentQuantity) else ""
        return [_name(path, unit)]
    names = []
    for item, _ in cls.cv_items_list:
        if issubclass(item, base.Item):
            nsp = item.cv_non_spare
            names += _names(nsp.cv_rule.cv_variation, [*path, nsp.cv_name])
    return names


def _content(element, path, out):
    rule = element._get_rule()
    if isinstance(rule, base.RuleContentDependent):
        cases = [case for _, case in rule.cv_cases]
        if len(rule.cv_depends_on) == 1 and all(
            issubclass(case, base.ContentQuantity) for case in cases
        ):
            content = rule._get_content([out[_name(rule.cv_depends_on[0], "")]])
        else:
            content = rule._get_content(None)
    else:
        content = rule._get_content()
    if isinstance(content, base.ContentQuantity):
        return _name(path, content.cv_unit), content._as_quantity()
    if isinstance(content, base.ContentString):
        return _name(path, ""), content.as_string().rstrip(" ")
    if isinstance(content, base.ContentInteger):
        return _name(path, ""), content.as_integer()
    value = content.as_uint()
    if len(content.bs) > 64:
        value = value.to_bytes(len(content.bs) // 8, "big")
    return _name(path, ""), value


def normal(record):
    """One of airshield's rows as the oracle would give it: no nulls, no places, known letters.

    libasterix drops six-bit codes outside of the alphabet; airshield keeps them as other signs.
    """
    out = {}
    for name, value in record.items():
        if value is None or name in ("frame", "t_heard", "record", "offset", "profile", "rfs"):
            continue
        out[name] = value
    return out


def same(ours, theirs, *, icao_columns):
    """Names of the columns in which the two differ."""
    theirs = {name: value for name, value in theirs.items() if not name.startswith("!")}
    wrong = []
    for name in ours.keys() | theirs.keys():
        a, b = ours.get(name), theirs.get(name)
        if a == b and name in ours and name in theirs:
            continue
        if name in icao_columns and None not in (a, b):
            known = re.sub("[^A-Z0-9 ]", "", a).rstrip(" ")
            if known == b:
                continue
        wrong.append(name)
    return sorted(wrong)
