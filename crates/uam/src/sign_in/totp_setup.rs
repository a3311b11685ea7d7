//! The TOTP secret: shown as QR code, file and text, and removed once it is set up.

use crate::output;
use std::path::Path;
use vault::Enrolment;

/// Shows the secret for an authenticator app: as a QR code, as a file with the QR code, and as text.
pub(crate) fn show_totp_secret(enrolment: &Enrolment, qr_file: &Path) {
    output::print_line("Set up the second factor: scan this QR code with an authenticator app.");
    output::print_line("");
    let qr = if console::supports_escapes() {
        enrolment.qr_ansi()
    } else {
        enrolment.qr_text()
    };
    output::print_line(&qr);
    match vault::write_qr_png(enrolment, qr_file) {
        Ok(()) => output::print_line(&format!(
            "The same QR code as a file: {} (removed after the first code)",
            qr_file.display()
        )),
        // A folder that cannot be written is no reason to refuse: the QR code is on the screen.
        Err(e) => output::print_line(&format!(
            "(The file with the QR code could not be written: {e})"
        )),
    }
    output::print_line(&format!(
        "Or type this secret into the app: {}",
        enrolment.secret_base32()
    ));
    output::print_line("");
}

/// Removes the secret once it is set up: the file, and the screen, which the next screenshot would show.
pub(crate) fn remove_totp_secret(qr_file: &Path) {
    if clear_screen() {
        output::print_line(
            "The second factor is set up; QR code and secret were cleared from the screen.",
        );
    }
    match vault::remove_qr_png(qr_file) {
        Ok(true) => output::print_line("mfa_qr.png was removed."),
        Ok(false) => {}
        Err(e) => output::print_line(&format!("Remove {} yourself: {e}", qr_file.display())),
    }
}

/// Clears the screen and its scrollback (ECMA-48 ED 2, and xterm's ED 3); false where standard output is not a terminal
/// that knows them.
pub(crate) fn clear_screen() -> bool {
    let can = console::supports_escapes();
    if can {
        output::print_text("\u{1b}[H\u{1b}[2J\u{1b}[3J");
    }
    can
}

/// The name of the authenticator entry: user and computer.
pub(crate) fn account_label() -> String {
    let user = ["USER", "USERNAME", "LOGNAME"]
        .iter()
        .find_map(|n| std::env::var(n).ok())
        .unwrap_or_else(|| "me".into());
    let host = host_name();
    if host.is_empty() {
        user
    } else {
        format!("{user}@{host}")
    }
}

fn host_name() -> String {
    std::fs::read_to_string("/etc/hostname")
        .ok()
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .map(|h| h.trim().to_owned())
        .unwrap_or_default()
}
