#!/usr/bin/env python3
"""Writes one table as pandas, R, Excel, Matlab and NumPy write it. The command is beside each file.

The table has four columns and six rows; in the files named "gaps" one height and one colour are
missing. Only the standard library is needed, so that the bytes do not depend on a version.
"""
import gzip
import pathlib

HERE = pathlib.Path(__file__).parent
NAMES = ["height", "colour", "leaves", "weight"]
HEIGHT = [1.5, 2.25, 0.125, 3.0, 2.5, 1.75]
COLOUR = ["red", "green", "red", "blue", "green", "red"]
LEAVES = [3, 5, 0, 12, 7, 4]
WEIGHT = [10.5, 20.25, 1.5, 42.0, 28.75, 13.0]
ROWS = list(zip(HEIGHT, COLOUR, LEAVES, WEIGHT))
GAPS = [list(row) for row in ROWS]
GAPS[1][0] = GAPS[4][1] = None


def write(name, lines, end="\n", mark=b"", last=True):
    text = end.join(lines) + (end if last else "")
    (HERE / name).write_bytes(mark + text.encode())


def plain(value):
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def comma(value):
    return plain(value).replace(".", ",")


# pandas: df.to_csv("pandas.csv"), with its index and decimals on every float
write("pandas.csv", ["," + ",".join(NAMES)] +
      [f"{i},{h},{c},{n},{w}" for i, (h, c, n, w) in enumerate(ROWS)])

# pandas: some rows of a larger frame, written with their index, and then read and written again
# without it, which names the column
write("pandas_again.csv", ["Unnamed: 0," + ",".join(NAMES)] +
      [f"{i},{h},{c},{n},{w}" for i, (h, c, n, w) in zip([5, 2, 17, 0, 9, 3], ROWS)])

# pandas: df.to_csv("pandas.csv.gz", index=False)
text = "\n".join([",".join(NAMES)] + [f"{h},{c},{n},{w}" for h, c, n, w in ROWS]) + "\n"
(HERE / "pandas.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))

# pandas: df.to_csv("pandas_gaps.csv", index=False); gaps are empty, and make floats of integers
write("pandas_gaps.csv", [",".join(NAMES)] +
      [f"{'' if h is None else h},{'' if c is None else c},{float(n)},{w}" for h, c, n, w in GAPS])

# R: write.csv(df, "r_csv.csv")
write("r_csv.csv", [",".join(f'"{n}"' for n in [""] + NAMES)] +
      [f'"{i + 1}",{plain(h)},"{c}",{n},{plain(w)}' for i, (h, c, n, w) in enumerate(ROWS)])

# R: write.csv(df, "r_gaps.csv", row.names = FALSE); a gap is NA without quotes
write("r_gaps.csv", [",".join(f'"{n}"' for n in NAMES)] +
      [",".join(["NA" if h is None else plain(h), "NA" if c is None else f'"{c}"', str(n),
                 plain(w)]) for h, c, n, w in GAPS])

# R: write.csv2(df, "r_csv2.csv", row.names = FALSE); semicolons and decimal commas
write("r_csv2.csv", [";".join(f'"{n}"' for n in NAMES)] +
      [f'{comma(h)};"{c}";{n};{comma(w)}' for h, c, n, w in ROWS])

# R: write.table(df, "r_table.txt"); blanks, and no name for the column of row names
write("r_table.txt", [" ".join(f'"{n}"' for n in NAMES)] +
      [f'"{i + 1}" {plain(h)} "{c}" {n} {plain(w)}' for i, (h, c, n, w) in enumerate(ROWS)])

# Excel: "CSV UTF-8 (comma delimited)", English
write("excel_en.csv", [",".join(NAMES)] +
      [f"{plain(h)},{c},{n},{plain(w)}" for h, c, n, w in ROWS], "\r\n", b"\xef\xbb\xbf")

# Excel: the same on a German computer
write("excel_de.csv", [";".join(NAMES)] +
      [f"{comma(h)};{c};{n};{comma(w)}" for h, c, n, w in ROWS], "\r\n", b"\xef\xbb\xbf")

# Excel: "Text (tab delimited)", with the error value of a formula where a value is missing
write("excel_gaps.txt", ["\t".join(NAMES)] +
      ["\t".join(["#N/A" if h is None else plain(h), "#N/A" if c is None else c, str(n),
                  plain(w)]) for h, c, n, w in GAPS], "\r\n")

# Matlab: writetable(t, "matlab.csv")
write("matlab.csv", [",".join(NAMES)] +
      [f"{plain(h)},{c},{n},{plain(w)}" for h, c, n, w in ROWS])

# Matlab: the same with a missing number and a missing categorical
write("matlab_gaps.csv", [",".join(NAMES)] +
      [",".join(["NaN" if h is None else plain(h), "<undefined>" if c is None else c, str(n),
                 plain(w)]) for h, c, n, w in GAPS])

# Matlab: m = [t.height, t.leaves, t.weight]; save("matlab_ascii.txt", "m", "-ascii")
write("matlab_ascii.txt", ["".join(f"   {v:.7e}" for v in (h, n, w)) for h, _, n, w in ROWS])

# Matlab: dlmwrite("matlab_dlm.txt", m, "\t")
write("matlab_dlm.txt", ["\t".join(plain(v) for v in (h, n, w)) for h, _, n, w in ROWS])

# NumPy: np.savetxt("numpy.txt", m)
write("numpy.txt", [" ".join(f"{v:.18e}" for v in (h, n, w)) for h, _, n, w in ROWS])

# the test rows of a competition: without the target, and with columns in another order
write("without_target.csv", ["leaves,height,colour"] + ["3,1.5,red", "5,2.25,blue"])
