//! What can go wrong with a terminal.

use std::io;

/// Why something could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Standard output or input is no terminal.
    #[error("standard input and output are not a terminal; use the plain output instead")]
    NotATerminal,
    /// The terminal refused.
    #[error("the terminal could not be used: {0}")]
    Terminal(#[from] io::Error),
    /// The picture is damaged or of an unknown kind.
    #[error("the picture cannot be read: {0}")]
    Picture(#[from] image::ImageError),
    /// The picture could not be put into the terminal's own form.
    #[error("the picture cannot be shown as {protocol}: {reason}; try `--protocol half-blocks`")]
    Encode {
        /// The form asked for.
        protocol: &'static str,
        /// Why not.
        reason: String,
    },
    /// No such protocol.
    #[error("`{0}` is no way to show pictures; use kitty, sixel, iterm2 or half-blocks")]
    UnknownProtocol(String),
}
