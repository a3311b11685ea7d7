//! Prompts over any reader and writer: a person at a terminal, or a script through a pipe.
//!
//! Every question is one line out and one line in. Wrong answers are explained and asked again, at most three
//! times; a line is read up to 4,096 bytes, the rest of it is thrown away.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::ops::RangeInclusive;
use zeroize::Zeroizing;

/// How often one question is asked.
pub(crate) const TRIES: u32 = 3;

/// Longest line that is read, in bytes.
pub(crate) const LONGEST: u64 = 4096;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The input ended.
    #[error("no answer: the input ended at the question “{0}”")]
    Ended(String),
    /// Too many wrong answers.
    #[error("no usable answer to “{0}” after {TRIES} tries")]
    TooMany(String),
    /// Reading or writing failed.
    #[error("cannot ask: {0}")]
    Io(#[from] io::Error),
}

/// Asks questions.
#[derive(Debug)]
pub struct Ask<R, W> {
    input: R,
    output: W,
    /// Is there a terminal on which a secret can be typed unseen?
    terminal: bool,
}

impl Ask<io::StdinLock<'static>, io::Stdout> {
    /// On standard input and output.
    #[must_use]
    pub fn stdio() -> Self {
        Self {
            terminal: io::stdin().is_terminal(),
            ..Self::new(io::stdin().lock(), io::stdout())
        }
    }
}

impl Ask<io::StdinLock<'static>, io::Stderr> {
    /// On standard input and error, for commands whose output goes somewhere else.
    #[must_use]
    pub fn aside() -> Self {
        Self {
            terminal: io::stdin().is_terminal(),
            ..Self::new(io::stdin().lock(), io::stderr())
        }
    }
}

impl<R: BufRead, W: Write> Ask<R, W> {
    /// On the given input and output.
    pub fn new(input: R, output: W) -> Self {
        Self {
            input,
            output,
            terminal: false,
        }
    }

    /// Says something, on a line of its own.
    ///
    /// # Errors
    /// When writing fails.
    pub fn say(&mut self, text: &str) -> Result<(), AskError> {
        writeln!(self.output, "{text}")?;
        self.output.flush()?;
        Ok(())
    }

    /// Asks for a code or any other line; what is typed is shown by the terminal as usual. `None` when the input
    /// ended. Blanks around the answer are dropped; whether it is right is for the caller to say.
    ///
    /// # Errors
    /// When reading or writing fails.
    pub fn code(&mut self, prompt: &str) -> Result<Option<String>, AskError> {
        self.line(&format!("{prompt}: "))
    }

    /// Asks for a secret: on a terminal nothing of it is shown while it is typed; otherwise it is the next line of the
    /// input. `None` when the input ended. Blanks around it are dropped, and it is wiped when dropped.
    ///
    /// # Errors
    /// When reading or writing fails.
    pub fn secret(&mut self, prompt: &str) -> Result<Option<Zeroizing<String>>, AskError> {
        if !self.terminal {
            return Ok(self.line(&format!("{prompt}: "))?.map(Zeroizing::new));
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

    /// Asks for yes or no, where nothing may be taken for granted: an empty line is no answer.
    ///
    /// # Errors
    /// As [`Self::yes_no`].
    pub fn plain_yes_no(&mut self, prompt: &str) -> Result<bool, AskError> {
        self.until(
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
    pub fn yes_no(&mut self, prompt: &str, default: bool) -> Result<bool, AskError> {
        let choice = if default { "Y/n" } else { "y/N" };
        self.until(
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
    /// As [`Self::yes_no`].
    pub fn number(
        &mut self,
        prompt: &str,
        range: RangeInclusive<u64>,
        default: u64,
    ) -> Result<u64, AskError> {
        let (low, high) = (*range.start(), *range.end());
        self.until(
            prompt,
            &format!("{prompt} ({low} to {high}) [{default}] "),
            &format!("Please give a whole number from {low} to {high}."),
            |answer| match answer {
                "" => Some(default),
                text => text.parse().ok().filter(|n| range.contains(n)),
            },
        )
    }

    fn until<T>(
        &mut self,
        question: &str,
        prompt: &str,
        help: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, AskError> {
        for _ in 0..TRIES {
            let Some(answer) = self.line(prompt)? else {
                return Err(AskError::Ended(question.to_owned()));
            };
            if let Some(value) = read(&answer) {
                return Ok(value);
            }
            self.say(help)?;
        }
        Err(AskError::TooMany(question.to_owned()))
    }

    fn line(&mut self, prompt: &str) -> Result<Option<String>, AskError> {
        write!(self.output, "{prompt}")?;
        self.output.flush()?;
        let mut bytes = Vec::new();
        let read = self
            .input
            .by_ref()
            .take(LONGEST)
            .read_until(b'\n', &mut bytes)?;
        if read == 0 {
            writeln!(self.output)?;
            return Ok(None);
        }
        if bytes.last() != Some(&b'\n') && read as u64 == LONGEST {
            self.skip_line()?;
        }
        Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned()))
    }

    /// Throws away the rest of an overlong line without keeping it.
    fn skip_line(&mut self) -> Result<(), AskError> {
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

    fn ask<T>(
        input: &str,
        question: impl FnOnce(&mut Ask<&[u8], &mut Vec<u8>>) -> T,
    ) -> (T, String) {
        let mut output = Vec::new();
        let answer = question(&mut Ask::new(input.as_bytes(), &mut output));
        (answer, String::from_utf8(output).unwrap())
    }

    #[test]
    fn a_code_is_one_line_or_the_end() {
        let (code, shown) = ask(" 123 456 \n", |a| a.code("Code").unwrap());
        assert_eq!(
            (code.as_deref(), shown.as_str()),
            (Some("123 456"), "Code: ")
        );
        assert_eq!(ask("", |a| a.code("Code").unwrap()).0, None);
        assert_eq!(
            ask("12", |a| a.code("Code").unwrap()).0.as_deref(),
            Some("12")
        );
    }

    #[test]
    fn yes_and_no_have_a_default_and_a_second_chance() {
        assert!(ask("\n", |a| a.yes_no("Blur?", true).unwrap()).0);
        assert!(!ask("\n", |a| a.yes_no("Blur?", false).unwrap()).0);
        assert!(!ask("NO\n", |a| a.yes_no("Blur?", true).unwrap()).0);
        let (yes, shown) = ask("perhaps\nyes\n", |a| a.yes_no("Blur?", false).unwrap());
        assert!(yes);
        assert_eq!(shown, "Blur? [y/N] Please answer y or n.\nBlur? [y/N] ");
    }

    #[test]
    fn tries_are_bounded_and_the_end_is_no_answer() {
        assert!(matches!(
            ask("a\nb\nc\ny\n", |a| a.yes_no("Blur?", true)).0,
            Err(AskError::TooMany(_))
        ));
        assert!(matches!(
            ask("", |a| a.yes_no("Blur?", true)).0,
            Err(AskError::Ended(_))
        ));
        assert!(matches!(
            ask("x", |a| a.number("Minutes", 1..=60, 5)).0,
            Err(AskError::Ended(_))
        ));
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let (n, shown) = ask("0\n-3\n60\n", |a| a.number("Minutes", 1..=60, 5).unwrap());
        assert_eq!(n, 60);
        assert!(
            shown.contains("Please give a whole number from 1 to 60."),
            "{shown}"
        );
        assert_eq!(ask("\n", |a| a.number("Minutes", 1..=60, 5).unwrap()).0, 5);
    }

    #[test]
    fn an_endless_line_is_cut_and_the_next_one_is_whole() {
        let long = format!("{}\nnext\n", "9".repeat(100_000));
        let ((first, second), _) = ask(&long, |a| {
            (a.code("a").unwrap().unwrap(), a.code("b").unwrap().unwrap())
        });
        assert_eq!((first.len() as u64, second.as_str()), (LONGEST, "next"));
    }
}
