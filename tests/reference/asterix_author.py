"""Records as libasterix writes them, from values under airshield's column names.

Every bit is placed by libasterix, which is given raw numbers and text; what is done here is to find
the values by name, and to divide a quantity by the last bit that libasterix says it has.
"""

from asterix import base
from asterix.generated import manifest

from .asterix_oracle import _expands, _name, category_class


def write_record(category, edition, row):
    """The octets of one record; ``row`` is flat, as the oracle's, without nulls."""
    record, args = arguments(category, edition, row)
    return record._create(args).unparse().to_bytes()


def arguments(category, edition, row):
    """The class of a row's record, and what to create it from."""
    cls = category_class(category, edition)
    uap = cls.cv_uap
    if issubclass(uap, base.UapSingle):
        record = uap.cv_record
    else:
        path, names = uap.cv_selector
        record = uap.cv_uaps[names[row[_name(path, "")]]]
    args = {}
    for item in record.cv_items_list:
        if issubclass(item, base.UapItem):
            nsp = item.cv_non_spare
            arg = _non_spare(nsp, [nsp.cv_name], row)
            if nsp.cv_name == "RE" and _expands(category, cls):
                arg = _expansion(manifest["REFS"][category][-1].cv_expansion, row) or arg
            if arg is not None:
                args[nsp.cv_name] = arg
    return record, args


def _expansion(cls, row):
    """The octets of an expansion field, where the row has its columns; else nothing."""
    args = {}
    for nsp in cls.cv_items_list:
        if nsp is not None:
            arg = _non_spare(nsp, ["RE", nsp.cv_name], row)
            if arg is not None:
                args[nsp.cv_name] = arg
    return cls._create(args).unparse().to_bytes() if args else None


def _non_spare(nsp, path, row):
    rule = nsp.cv_rule
    if issubclass(rule, base.RuleVariationDependent):
        return _variation(rule.cv_default_variation, path, row)
    return _variation(rule.cv_variation, path, row)


def _variation(cls, path, row):
    if issubclass(cls, base.Element):
        return _element(cls, path, row)
    if issubclass(cls, base.Group):
        return _run([item for item, _ in cls.cv_items_list], path, row)
    if issubclass(cls, base.Extended):
        parts = [
            _run([entry and entry[0] for entry in part], path, row) for part in cls.cv_items_list
        ]
        while parts and parts[-1] is None:
            parts.pop()
        empty = [
            tuple(None if entry is None else 0 for entry in part) for part in cls.cv_items_list
        ]
        return [part or empty[k] for k, part in enumerate(parts)] or None
    if issubclass(cls, base.Repetitive):
        return _repetitive(cls, path, row)
    if issubclass(cls, base.Explicit):
        return row.get(_name(path, ""))
    args = {}
    for nsp in cls.cv_items_list:
        if nsp is not None:
            arg = _non_spare(nsp, [*path, nsp.cv_name], row)
            if arg is not None:
                args[nsp.cv_name] = arg
    return args or None


def _run(items, path, row):
    """Arguments of a group or a part; None where the row has nothing of it."""
    args = []
    said = False
    for item in items:
        if item is None:
            args.append(None)
        elif issubclass(item, base.Spare):
            args.append(0)
        else:
            nsp = item.cv_non_spare
            arg = _non_spare(nsp, [*path, nsp.cv_name], row)
            said |= arg is not None
            args.append(0 if arg is None else arg)
    return tuple(args) if said else None


def _repetitive(cls, path, row):
    prefix = _name(path, "")
    mine = [n for n in row if n == prefix or n.startswith(f"{prefix}_")]
    if not mine:
        return None
    count = len(row[mine[0]])
    return [
        _variation(cls.cv_variation, path, {n: row[n][k] for n in mine}) or 0 for k in range(count)
    ]


def _element(cls, path, row):
    rule = cls.cv_rule
    if issubclass(rule, base.RuleContentDependent):
        contents = [case for _, case in rule.cv_cases]
        if len(rule.cv_depends_on) != 1 or not all(
            issubclass(content, base.ContentQuantity) for content in contents
        ):
            contents = [rule.cv_default_content]
    else:
        contents = [rule.cv_content]
    for content in contents:
        is_quantity = issubclass(content, base.ContentQuantity)
        value = row.get(_name(path, content.cv_unit if is_quantity else ""))
        if value is None:
            continue
        if is_quantity:
            value = round(value / content.cv_lsb)
        if isinstance(value, bytes):
            value = int.from_bytes(value, "big")
        if isinstance(value, str) and issubclass(content, base.ContentString):
            value = content._convert(cls.cv_bit_size, value)
        return value % (1 << cls.cv_bit_size)
    return None
