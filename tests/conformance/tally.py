"""Counts of what was right, as a table that a page of the documentation keeps."""
import collections
import re

BEGIN, END = "<!-- conformance:begin -->", "<!-- conformance:end -->"


class Tally:
    """Right, wrong and disputed answers for each row (a family of cases) and column (a question)."""

    def __init__(self, disputed=None):
        self.disputed = disputed or {}
        self.right = collections.Counter()
        self.total = collections.Counter()
        self.waived = collections.Counter()
        self.rows, self.columns, self.misses = [], [], []
        self.used = set()

    def count(self, rows, column, case, good, detail=""):
        reason = None if good else self.reason(case, column)
        for row in rows:
            if row not in self.rows:
                self.rows.append(row)
            if column not in self.columns:
                self.columns.append(column)
            self.total[row, column] += 1
            self.right[row, column] += bool(good)
            self.waived[row, column] += reason is not None
        if not good and reason is None:
            self.misses.append(f"{case}: {column}: {detail}")

    def reason(self, case, column):
        for key in ((case, column), (case, "*")):
            if key in self.disputed:
                self.used.add(key)
                return self.disputed[key]
        return None

    def cell(self, row, column):
        total = self.total[row, column]
        if not total:
            return "-"
        right, waived = self.right[row, column], self.waived[row, column]
        text = f"{right}/{total} {100 * right / total:.1f} %"
        return text + (f", {waived} disputed" if waived else "")

    def markdown(self):
        head = ["cases"] + self.columns
        lines = ["| " + " | ".join(head) + " |", "|" + "|".join(["---"] * len(head)) + "|"]
        for row in self.rows:
            lines.append("| " + " | ".join([row] + [self.cell(row, column) for column in self.columns]) + " |")
        return "\n".join(lines)


def read_cells(text):
    """{(row, column): right} of every table between the markers of a page."""
    if BEGIN not in text or END not in text:
        return {}
    out, head = {}, None
    for line in text.split(BEGIN)[1].split(END)[0].splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            head = None
        elif head is None:
            head = cells
        elif not set(line) <= set("|- "):
            for column, cell in zip(head[1:], cells[1:]):
                match = re.match(r"([0-9.]+)(?:/\d+)?", cell)
                if match:
                    out[cells[0], column] = float(match.group(1))
    return out


def replace_tables(text, tables):
    """The page with new tables between its markers."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + "\n\n" + tables + "\n\n" + END + rest.split(END)[1]
