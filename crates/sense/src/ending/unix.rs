//! `SIGINT`, `SIGTERM` and `SIGHUP`.

use super::Ending;
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGTERM};
use std::io;
use std::time::Duration;

/// Calls `tell` at each wish that the program ends, on a thread of its own. A second wish ends the program at once,
/// with the exit code a shell expects (128 and the signal's number). The program may take its time, so `_until_done` is
/// not called here.
///
/// # Errors
/// When the handlers or the thread cannot be had.
pub fn watch(
    tell: impl Fn(Ending) + Send + Sync + 'static,
    _until_done: impl Fn(Duration) + Send + Sync + 'static,
) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new()
        .name("sense-ending".into())
        .spawn(move || {
            for (n, signal) in signals.forever().enumerate() {
                if n > 0 {
                    #[expect(
                        clippy::disallowed_methods,
                        reason = "asked a second time to end now; the journal stands it"
                    )]
                    std::process::exit(128 + signal);
                }
                tell(match signal {
                    SIGINT => Ending::Interrupt,
                    SIGTERM => Ending::Request,
                    _ => Ending::Terminal,
                });
            }
        })
        .map(|_| ())
}

/// Does the window in which the program runs go with it? A terminal does not.
#[must_use]
pub fn window_goes_too() -> bool {
    false
}
