//! The one table that comes of a benchmark.

use std::fmt::Write as _;

/// The target of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum BenchTarget {
    /// Shown for information.
    None,
    /// uam's own value may be at most this.
    AtMost(f64),
    /// uam's value divided by Python's may be at most this.
    Ratio(f64),
    /// uam's value must lie at least this much above Python's.
    Above(f64),
}

/// One measured quantity, side by side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BenchRow {
    /// The measured value, with its unit.
    pub(crate) name: String,
    /// uam's value; `None` when it could not be measured.
    pub(crate) uam: Option<f64>,
    /// Python's value.
    pub(crate) python: Option<f64>,
    /// Digits after the point.
    pub(crate) digits: usize,
    /// Its target.
    pub(crate) target: BenchTarget,
}

impl BenchRow {
    /// A row of both values.
    pub(crate) fn new(
        name: impl Into<String>,
        digits: usize,
        target: BenchTarget,
        uam: Option<f64>,
        python: Option<f64>,
    ) -> Self {
        Self {
            name: name.into(),
            uam,
            python,
            digits,
            target,
        }
    }

    fn ratio(&self) -> Option<f64> {
        let (uam, python) = (self.uam?, self.python?);
        (python > 0.0).then(|| uam / python)
    }

    fn verdict(&self) -> Option<bool> {
        match self.target {
            BenchTarget::None => None,
            BenchTarget::AtMost(limit) => Some(self.uam? <= limit),
            BenchTarget::Ratio(limit) => Some(self.ratio()? <= limit),
            BenchTarget::Above(gap) => Some(self.uam? - self.python? >= gap),
        }
    }

    fn cells(&self) -> [String; 6] {
        let value =
            |v: Option<f64>| v.map_or_else(|| "-".into(), |v| format!("{v:.*}", self.digits));
        let target = match self.target {
            BenchTarget::None => String::new(),
            BenchTarget::AtMost(limit) => format!("uam <= {limit}"),
            BenchTarget::Ratio(limit) => format!("ratio <= {limit}"),
            BenchTarget::Above(gap) => format!("+{gap} or more"),
        };
        let verdict = match (self.target, self.verdict()) {
            (BenchTarget::None, _) => "",
            (_, Some(true)) => "met",
            (_, Some(false)) => "MISSED",
            (_, None) => "not measured",
        };
        [
            self.name.clone(),
            value(self.uam),
            value(self.python),
            self.ratio().map_or("-".into(), |r| format!("x{r:.3}")),
            target,
            verdict.to_owned(),
        ]
    }
}

/// Draws the table: names on the left, numbers on the right, columns as wide as they must be.
pub(crate) fn render_table(rows: &[BenchRow]) -> String {
    let head = ["", "uam", "Python", "uam/Python", "target", ""].map(str::to_owned);
    let mut lines = vec![head];
    lines.extend(rows.iter().map(BenchRow::cells));
    let mut widths = [0; 6];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for (n, line) in lines.iter().enumerate() {
        let mut text = String::new();
        for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
            let pad = " ".repeat(width - cell.chars().count());
            // Writing to a String cannot fail.
            let _ = match column {
                0 => write!(text, "{cell}{pad}"),
                1..=3 => write!(text, "  {pad}{cell}"),
                _ => write!(text, "  {cell}{pad}"),
            };
        }
        out.push_str(text.trim_end());
        out.push('\n');
        if n == 0 {
            out.push_str(&"-".repeat(widths.iter().sum::<usize>() + 10));
            out.push('\n');
        }
    }
    out
}

/// How many targets were met, missed and not measured.
pub(crate) fn count_verdicts(rows: &[BenchRow]) -> (usize, usize, usize) {
    let with_target = rows.iter().filter(|r| r.target != BenchTarget::None);
    with_target.fold((0, 0, 0), |(met, missed, open), row| match row.verdict() {
        Some(true) => (met + 1, missed, open),
        Some(false) => (met, missed + 1, open),
        None => (met, missed, open + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(uam: Option<f64>, python: Option<f64>, target: BenchTarget) -> BenchRow {
        BenchRow {
            name: "row".into(),
            uam,
            python,
            digits: 2,
            target,
        }
    }

    #[test]
    fn targets_are_judged_by_their_kind() {
        assert_eq!(
            row(Some(0.05), None, BenchTarget::AtMost(0.05)).verdict(),
            Some(true)
        );
        assert_eq!(
            row(Some(0.06), None, BenchTarget::AtMost(0.05)).verdict(),
            Some(false)
        );
        assert_eq!(
            row(Some(1.0), Some(10.0), BenchTarget::Ratio(0.1)).verdict(),
            Some(true)
        );
        assert_eq!(
            row(Some(1.0), Some(9.0), BenchTarget::Ratio(0.1)).verdict(),
            Some(false)
        );
        assert_eq!(
            row(Some(64.0), Some(58.0), BenchTarget::Above(5.0)).verdict(),
            Some(true)
        );
        assert_eq!(
            row(Some(62.0), Some(58.0), BenchTarget::Above(5.0)).verdict(),
            Some(false)
        );
        assert_eq!(
            row(Some(1.0), None, BenchTarget::Ratio(0.1)).verdict(),
            None
        );
        assert_eq!(
            row(Some(1.0), Some(0.0), BenchTarget::Ratio(0.1)).verdict(),
            None
        );
    }

    #[test]
    fn the_table_lines_up_and_says_what_was_missed() {
        let rows = [
            row(Some(1.5), Some(30.0), BenchTarget::Ratio(0.1)),
            row(Some(100.25), None, BenchTarget::AtMost(4.0)),
            row(None, None, BenchTarget::None),
        ];
        let text = render_table(&rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            [lines[0], lines[2], lines[3], lines[4]],
            [
                "        uam  Python  uam/Python  target",
                "row    1.50   30.00      x0.050  ratio <= 0.1  met",
                "row  100.25       -           -  uam <= 4      MISSED",
                "row       -       -           -",
            ]
        );
        let width = lines.iter().map(|l| l.chars().count()).max();
        assert_eq!(Some(lines[1]), width.map(|w| "-".repeat(w)).as_deref());
        assert_eq!(count_verdicts(&rows), (1, 1, 0));
    }
}
