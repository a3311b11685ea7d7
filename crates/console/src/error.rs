//! The errors of the terminal views.

use std::io;

/// Why something could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Standard output or input is no terminal.
    #[error("standard input and output are not a terminal; use --plain")]
    NotATerminal,
    /// Reading from the terminal or writing to it failed.
    #[error("the terminal could not be used: {0}")]
    Terminal(#[from] io::Error),
    /// The image is damaged or of an unknown format.
    #[error("the screenshot cannot be read: {0}")]
    Image(#[from] image::ImageError),
    /// The image could not be encoded for the terminal.
    #[error("the screenshot cannot be shown as {protocol}: {reason}; try `--protocol half-blocks`")]
    Encode {
        /// The protocol that was asked for.
        protocol: &'static str,
        /// The encoder's message.
        reason: String,
    },
}
