//! Prompts over any reader and writer: a person at a terminal, or a script through a pipe.
//!
//! Every question is one line out and one line in. Wrong answers are explained and asked again, at most three
//! times; a line is read up to 4,096 bytes, the rest of it is discarded.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::ops::RangeInclusive;
use zeroize::Zeroizing;

/// A question is asked this often at most.
pub(crate) const MAX_ATTEMPTS: u32 = 3;

/// Longest line that is read, in bytes.
pub(crate) const MAX_LINE_BYTES: u64 = 4096;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The input ended.
    #[error("no answer: the input ended at the question “{0}”")]
    Ended(String),
    /// Too many wrong answers.
    #[error("no usable answer to “{0}” after {MAX_ATTEMPTS} tries")]
    TooMany(String),
    /// Reading or writing failed.
    #[error("cannot ask: {0}")]
    Io(#[from] io::Error),
}

/// Asks questions and reads the answers.
#[derive(Debug)]
pub struct Prompt<R, W> {
    input: R,
    output: W,
    /// There is a terminal on which a secret can be typed unseen.
    terminal: bool,
}

impl Prompt<io::StdinLock<'static>, io::Stdout> {
    /// Asks on standard output and reads standard input.
    #[must_use]
    pub fn on_stdio() -> Self {
        Self {
            terminal: io::stdin().is_terminal(),
            ..Self::new(io::stdin().lock(), io::stdout())
        }
    }
}

impl Prompt<io::StdinLock<'static>, io::Stderr> {
    /// Asks on standard error, for commands whose standard output holds data.
    #[must_use]
    pub fn on_stderr() -> Self {
        Self {
            terminal: io::stdin().is_terminal(),
            ..Self::new(io::stdin().lock(), io::stderr())
        }
    }
}

impl<R: BufRead, W: Write> Prompt<R, W> {
    /// Asks on the given output and reads the given input.
    pub fn new(input: R, output: W) -> Self {
        Self {
            input,
            output,
            terminal: false,
        }
    }

    /// Prints a line of text.
    ///
    /// # Errors
    /// When writing fails.
    pub fn print_line(&mut self, text: &str) -> Result<(), PromptError> {
        writeln!(self.output, "{text}")?;
        self.output.flush()?;
        Ok(())
    }

    /// Asks for a code or any other line; the terminal echoes it as usual. `None` when the input ended. Blanks around
    /// the answer are dropped; the caller checks it.
    ///
    /// # Errors
    /// When reading or writing fails.
    pub fn ask_line(&mut self, prompt: &str) -> Result<Option<String>, PromptError> {
        self.read_answer(&format!("{prompt}: "))
    }

    /// Asks for a secret: a terminal does not echo it; otherwise it is the next line of the input. `None` when the
    /// input ended. Blanks around it are removed, and it is wiped when dropped.
    ///
    /// # Errors
    /// When reading or writing fails.
    pub fn ask_secret(&mut self, prompt: &str) -> Result<Option<Zeroizing<String>>, PromptError> {
        if !self.terminal {
            return Ok(self
                .read_answer(&format!("{prompt}: "))?
                .map(Zeroizing::new));
        }
        write!(self.output, "{prompt} (not shown): ")?;
        self.output.flush()?;
        match rpassword::read_password() {
            Ok(typed) => {
                let typed = Zeroizing::new(typed);
                Ok(Some(Zeroizing::new(typed.trim().to_owned())))
            }
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Asks for yes or no without a default: an empty line is no answer.
    ///
    /// # Errors
    /// As [`Self::ask_yes_no`].
    pub fn ask_yes_no_explicit(&mut self, prompt: &str) -> Result<bool, PromptError> {
        self.ask_until_valid(
            prompt,
            &format!("{prompt} [y/n] "),
            "Please answer y or n.",
            |answer| match answer.to_ascii_lowercase().as_str() {
                "y" | "yes" => Some(true),
                "n" | "no" => Some(false),
                _ => None,
            },
        )
    }

    /// Asks for yes or no; an empty line means `default`.
    ///
    /// # Errors
    /// When the input ends, after three wrong answers, or when reading or writing fails.
    pub fn ask_yes_no(&mut self, prompt: &str, default: bool) -> Result<bool, PromptError> {
        let choice = if default { "Y/n" } else { "y/N" };
        self.ask_until_valid(
            prompt,
            &format!("{prompt} [{choice}] "),
            "Please answer y or n.",
            |answer| match answer.to_ascii_lowercase().as_str() {
                "" => Some(default),
                "y" | "yes" => Some(true),
                "n" | "no" => Some(false),
                _ => None,
            },
        )
    }

    /// Asks for a whole number within `range`; an empty line means `default`.
    ///
    /// # Errors
    /// As [`Self::ask_yes_no`].
    pub fn ask_number(
        &mut self,
        prompt: &str,
        range: RangeInclusive<u64>,
        default: u64,
    ) -> Result<u64, PromptError> {
        let (low, high) = (*range.start(), *range.end());
        self.ask_until_valid(
            prompt,
            &format!("{prompt} ({low} to {high}) [{default}] "),
            &format!("Please give a whole number from {low} to {high}."),
            |answer| match answer {
                "" => Some(default),
                text => text.parse().ok().filter(|n| range.contains(n)),
            },
        )
    }

    fn ask_until_valid<T>(
        &mut self,
        question: &str,
        prompt: &str,
        help: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, PromptError> {
        for _ in 0..MAX_ATTEMPTS {
            let Some(answer) = self.read_answer(prompt)? else {
                return Err(PromptError::Ended(question.to_owned()));
            };
            if let Some(value) = read(&answer) {
                return Ok(value);
            }
            self.print_line(help)?;
        }
        Err(PromptError::TooMany(question.to_owned()))
    }

    fn read_answer(&mut self, prompt: &str) -> Result<Option<String>, PromptError> {
        write!(self.output, "{prompt}")?;
        self.output.flush()?;
        let mut bytes = Vec::new();
        let read = self
            .input
            .by_ref()
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut bytes)?;
        if read == 0 {
            writeln!(self.output)?;
            return Ok(None);
        }
        if bytes.last() != Some(&b'\n') && read as u64 == MAX_LINE_BYTES {
            self.skip_rest_of_line()?;
        }
        Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned()))
    }

    /// Reads and discards the rest of an overlong line.
    fn skip_rest_of_line(&mut self) -> Result<(), PromptError> {
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let (used, done) = match buffer.iter().position(|b| *b == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), false),
            };
            self.input.consume(used);
            if done {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn ask_with_input<T>(
        input: &str,
        question: impl FnOnce(&mut Prompt<&[u8], &mut Vec<u8>>) -> T,
    ) -> (T, String) {
        let mut output = Vec::new();
        let answer = question(&mut Prompt::new(input.as_bytes(), &mut output));
        (answer, String::from_utf8(output).unwrap())
    }

    #[test]
    fn a_code_is_one_line_or_the_end() {
        let (code, shown) = ask_with_input(" 123 456 \n", |a| a.ask_line("Code").unwrap());
        assert_eq!(
            (code.as_deref(), shown.as_str()),
            (Some("123 456"), "Code: ")
        );
        assert_eq!(ask_with_input("", |a| a.ask_line("Code").unwrap()).0, None);
        assert_eq!(
            ask_with_input("12", |a| a.ask_line("Code").unwrap())
                .0
                .as_deref(),
            Some("12")
        );
    }

    #[test]
    fn yes_and_no_have_a_default_and_a_second_chance() {
        assert!(ask_with_input("\n", |a| a.ask_yes_no("Blur?", true).unwrap()).0);
        assert!(!ask_with_input("\n", |a| a.ask_yes_no("Blur?", false).unwrap()).0);
        assert!(!ask_with_input("NO\n", |a| a.ask_yes_no("Blur?", true).unwrap()).0);
        let (yes, shown) =
            ask_with_input("perhaps\nyes\n", |a| a.ask_yes_no("Blur?", false).unwrap());
        assert!(yes);
        assert_eq!(shown, "Blur? [y/N] Please answer y or n.\nBlur? [y/N] ");
    }

    #[test]
    fn tries_are_bounded_and_the_end_is_no_answer() {
        assert!(matches!(
            ask_with_input("a\nb\nc\ny\n", |a| a.ask_yes_no("Blur?", true)).0,
            Err(PromptError::TooMany(_))
        ));
        assert!(matches!(
            ask_with_input("", |a| a.ask_yes_no("Blur?", true)).0,
            Err(PromptError::Ended(_))
        ));
        assert!(matches!(
            ask_with_input("x", |a| a.ask_number("Minutes", 1..=60, 5)).0,
            Err(PromptError::Ended(_))
        ));
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let (n, shown) = ask_with_input("0\n-3\n60\n", |a| {
            a.ask_number("Minutes", 1..=60, 5).unwrap()
        });
        assert_eq!(n, 60);
        assert!(
            shown.contains("Please give a whole number from 1 to 60."),
            "{shown}"
        );
        assert_eq!(
            ask_with_input("\n", |a| a.ask_number("Minutes", 1..=60, 5).unwrap()).0,
            5
        );
    }

    #[test]
    fn an_endless_line_is_cut_and_the_next_one_is_whole() {
        let long = format!("{}\nnext\n", "9".repeat(100_000));
        let ((first, second), _) = ask_with_input(&long, |a| {
            (
                a.ask_line("a").unwrap().unwrap(),
                a.ask_line("b").unwrap().unwrap(),
            )
        });
        assert_eq!(
            (first.len() as u64, second.as_str()),
            (MAX_LINE_BYTES, "next")
        );
    }
}
