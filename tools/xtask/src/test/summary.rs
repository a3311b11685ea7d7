//! The summary of a chore of many steps: each step's outcome and time, and how many tests ran.

use crate::build;
use crate::packages::PackagesUnavailable;
use crate::process::{Interrupt, Interrupted, command_line};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, IsTerminal};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many tests ran, over every runner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct TestTally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

/// The steps so far.
#[derive(Debug, Default)]
pub(crate) struct TestSummary {
    steps: Vec<(String, String)>,
    tally: TestTally,
}

impl TestSummary {
    /// Runs a chore's steps and prints their summary, unless the person stopped them.
    ///
    /// # Errors
    /// Those of `steps`.
    pub(crate) fn run_whole(steps: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let mut summary = Self::default();
        let result = steps(&mut summary);
        if !result
            .as_ref()
            .is_err_and(|error| error.is::<Interrupted>())
        {
            summary.print();
        }
        result
    }

    /// A step of the ordinary cargo, counting the tests it runs.
    ///
    /// # Errors
    /// When it fails, with the command that runs it alone; [`Interrupted`] on Ctrl-C.
    pub(crate) fn run_cargo(
        &mut self,
        name: &str,
        args: &[&str],
        env: &[(&str, &str)],
        stop: &Interrupt,
    ) -> Result<()> {
        let mut command = build::cargo_command();
        command.args(args).envs(env.iter().copied());
        let mut alone: String = env.iter().map(|(k, v)| format!("{k}='{v}' ")).collect();
        alone.push_str("cargo ");
        alone.push_str(&args.join(" "));
        self.run_command(name, &alone, &mut command, stop)
    }

    /// A step of any command, counting the tests it runs.
    ///
    /// # Errors
    /// When it fails, with `alone`, which a person types to run it alone; [`Interrupted`] on Ctrl-C.
    pub(crate) fn run_command(
        &mut self,
        name: &str,
        alone: &str,
        command: &mut Command,
        stop: &Interrupt,
    ) -> Result<()> {
        let mut tally = TestTally::default();
        let result = self.run_step(name, alone, || run_with_counts(command, stop, &mut tally));
        self.tally.passed += tally.passed;
        self.tally.failed += tally.failed;
        self.tally.skipped += tally.skipped;
        result
    }

    /// A step that gives something to the steps after it.
    ///
    /// # Errors
    /// When it fails, with `alone`, which a person types to run it alone; [`Interrupted`] on Ctrl-C.
    pub(crate) fn run_step<T>(
        &mut self,
        name: &str,
        alone: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        println!("\n== {name}");
        let start = Instant::now();
        let result = work();
        let time = seconds(start.elapsed());
        match result {
            Ok(value) => {
                self.note(name, format!("ok       {time}"));
                Ok(value)
            }
            Err(error) if error.is::<Interrupted>() => Err(error),
            Err(error) => {
                self.note(name, format!("FAILED   {time}"));
                Err(error.context(format!(
                    "the step \"{name}\" failed; to run it alone: {alone}"
                )))
            }
        }
    }

    /// As [`TestSummary::run_step`], but where this system cannot have what the step needs, it is skipped, with the reason, and
    /// gives nothing.
    ///
    /// # Errors
    /// As for [`TestSummary::run_step`].
    pub(crate) fn step_where_possible<T>(
        &mut self,
        name: &str,
        alone: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<Option<T>> {
        let mut unavailable = None;
        let given = self.run_step(name, alone, || {
            work().map(Some).or_else(|error| {
                unavailable = Some(error.downcast::<PackagesUnavailable>()?);
                Ok(None)
            })
        })?;
        if let Some(PackagesUnavailable { why, advice }) = unavailable {
            println!("{advice}");
            // Not done, so not to be read as done.
            self.steps.pop();
            self.skip_step(name, &why);
        }
        Ok(given)
    }

    /// Notes a step that was not taken, and why.
    pub(crate) fn skip_step(&mut self, name: &str, why: &str) {
        self.note(name, format!("skipped  ({why})"));
    }

    fn note(&mut self, name: &str, outcome: String) {
        self.steps.push((name.to_owned(), outcome));
    }

    fn print(&self) {
        println!("\n== summary");
        for (name, outcome) in &self.steps {
            println!("{name:<22} {outcome}");
        }
        let TestTally {
            passed,
            failed,
            skipped,
        } = self.tally;
        println!("{passed} passed, {failed} failed, {skipped} skipped");
    }
}

fn seconds(time: Duration) -> String {
    format!("{:>6.1} s", time.as_secs_f64())
}

/// Runs `command`, shows its output, and reads the tests' results from it.
fn run_with_counts(command: &mut Command, stop: &Interrupt, tally: &mut TestTally) -> Result<()> {
    stop.check()?;
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    // Both streams in one pipe keep their order; libtest reports on stdout, nextest on stderr.
    let (reader, writer) = std::io::pipe().context("making a pipe")?;
    let both = writer.try_clone().context("making a pipe")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(both)
        .spawn()
        .with_context(|| format!("starting {}", command_line(command)))?;
    // Close our own ends, or the reader below would never see the end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut reader = BufReader::new(reader);
    let mut raw = Vec::new();
    while reader
        .read_until(b'\n', &mut raw)
        .context("reading the step's output")?
        > 0
    {
        let text = String::from_utf8_lossy(&raw);
        print!("{text}");
        if let Some(more) = read_counts(&without_colour(&text)) {
            tally.passed += more.passed;
            tally.failed += more.failed;
            tally.skipped += more.skipped;
        }
        raw.clear();
    }
    let status = child.wait().context("waiting for the step")?;
    stop.check()?;
    if !status.success() {
        bail!("it ended with {status}");
    }
    Ok(())
}

/// Reads a summary line of libtest (`test result: ok. 3 passed; 0 failed; 1 ignored; …`) or nextest
/// (`TestSummary [ 0.1s] 4 tests run: 4 passed, 1 skipped`).
fn read_counts(line: &str) -> Option<TestTally> {
    let rest = match line.trim_start() {
        l if l.starts_with("test result:") => l,
        l if l.starts_with("Summary [") => l.split_once("run:")?.1,
        _ => return None,
    };
    let mut tally = TestTally::default();
    let words: Vec<&str> = rest
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    for pair in words.windows(2) {
        if let ([number, what], Ok(n)) = (pair, pair[0].parse::<u64>()) {
            let _ = number;
            match *what {
                "passed" => tally.passed += n,
                "failed" => tally.failed += n,
                "ignored" | "skipped" => tally.skipped += n,
                _ => {}
            }
        }
    }
    Some(tally)
}

/// The line without terminal colours (`ESC [ … m`).
fn without_colour(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, r)| r);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runners_are_understood() {
        let libtest = "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        let expected = TestTally {
            passed: 3,
            failed: 2,
            skipped: 1,
        };
        assert_eq!(read_counts(libtest), Some(expected));
        let nextest =
            "     Summary [   0.114s] 14 tests run: 13 passed (1 slow), 1 failed, 4 skipped";
        let expected = TestTally {
            passed: 13,
            failed: 1,
            skipped: 4,
        };
        assert_eq!(read_counts(nextest), Some(expected));
        assert_eq!(read_counts("running 3 tests"), None);
    }

    #[test]
    fn what_a_system_cannot_have_is_skipped_with_the_reason_and_not_passed() {
        let mut summary = TestSummary::default();
        let nothing = summary.step_where_possible("windows", "by hand", || -> Result<()> {
            bail!(PackagesUnavailable {
                why: "no apt-get here".into(),
                advice: "Please install it.".into(),
            })
        });
        assert!(matches!(nothing, Ok(None)));
        let broken = summary.step_where_possible("prefix", "by hand", || -> Result<()> {
            bail!("no space left")
        });
        assert!(broken.is_err_and(|error| format!("{error:#}").ends_with("no space left")));
        let [windows, prefix] = summary.steps.try_into().unwrap_or_default();
        assert_eq!(windows.1, "skipped  (no apt-get here)");
        assert!(prefix.1.starts_with("FAILED"), "{prefix:?}");
    }

    #[test]
    fn colours_do_not_hide_a_summary() {
        let line = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m1\u{1b}[0m test run: \u{1b}[1m1\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped";
        let expected = TestTally {
            passed: 1,
            failed: 0,
            skipped: 0,
        };
        assert_eq!(read_counts(&without_colour(line)), Some(expected));
    }
}
