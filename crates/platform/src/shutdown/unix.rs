//! `SIGINT`, `SIGTERM` and `SIGHUP`.

use super::types::ShutdownCause;
use signal_hook::consts::signal::{SIGHUP, SIGINT, SIGTERM};
use std::io;
use std::time::Duration;

/// `_wait_until_done` is not called: the program may take its time.
pub(super) fn watch_shutdown(
    on_request: impl Fn(ShutdownCause) + Send + Sync + 'static,
    _wait_until_done: impl Fn(Duration) + Send + Sync + 'static,
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
                on_request(match signal {
                    SIGINT => ShutdownCause::Interrupt,
                    SIGTERM => ShutdownCause::Terminate,
                    _ => ShutdownCause::TerminalClosed,
                });
            }
        })
        .map(|_| ())
}

pub(super) fn console_closes_with_process() -> bool {
    false
}
