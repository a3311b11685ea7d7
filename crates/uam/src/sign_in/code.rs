//! The code of the authenticator app.

use super::totp_setup::{account_label, remove_totp_secret, show_totp_secret};
use crate::output;
use anyhow::Context;
use console::Prompt;
use model::{ErrorKind, NoticeCode, UserError};
use platform::clock::unix_time;
use settings::AppPaths;
use std::io::{BufRead, Write};
use vault::{CodeVerdict, GateToken, UnlockedSlot, Vault};

/// How many codes may be tried at one start.
const TRIES: u32 = 3;

/// Asks for the code of a start. On the first run it shows the TOTP secret first, unless it was imported.
pub(super) fn ask_gate_code(
    paths: &AppPaths,
    vault: &mut Vault,
    door: &UnlockedSlot,
    imported: bool,
    notices: &mut Vec<(NoticeCode, String)>,
) -> anyhow::Result<GateToken> {
    let qr_file = std::env::current_dir()
        .unwrap_or_else(|_| paths.data.clone())
        .join("mfa_qr.png");
    let first = !vault.is_enrolled();
    if imported {
        output::print_line("Your authenticator app keeps the entry it has.");
    } else if first {
        show_totp_secret(&vault.enrolment(door, &account_label())?, &qr_file);
    }
    let pass = ask_code(vault, door, &mut Prompt::on_stdio(), notices)?;
    if first {
        remove_totp_secret(&qr_file);
    }
    Ok(pass)
}

/// Asks for a code until it is right, at most three times. Refused codes and a clock that jumped are added to `notices`.
pub(crate) fn ask_code<R: BufRead, W: Write>(
    vault: &mut Vault,
    door: &UnlockedSlot,
    ask: &mut Prompt<R, W>,
    notices: &mut Vec<(NoticeCode, String)>,
) -> anyhow::Result<GateToken> {
    for tried in 0..TRIES {
        let left = TRIES - 1 - tried;
        let code = ask
            .ask_line("Code from your authenticator app")
            .context("cannot ask for the code")?;
        let Some(code) = code else {
            return Err(UserError::new(
                ErrorKind::Denied,
                "no code was given",
                "Start uam again and type the code your app shows.",
            )
            .into());
        };
        let answer = vault.check_code(door, &code, unix_time().as_secs())?;
        if let Some(pass) = answer.token {
            let refused = answer.failures_before.max(tried);
            if refused > 0 {
                let text = format!("{refused} codes were refused before the right one.");
                ask.print_line(&text)?;
                notices.push((NoticeCode::CodeRefused, text));
            }
            if let Some(seconds) = answer.clock_jumped {
                let text = format!(
                    "By this computer's clock {} days have passed since the last code.",
                    seconds / 86_400
                );
                notices.push((NoticeCode::ClockJump, text));
            }
            return Ok(pass);
        }
        let final_word = matches!(
            answer.verdict,
            CodeVerdict::Locked | CodeVerdict::Wait { .. } | CodeVerdict::ClockBack { .. }
        );
        if final_word {
            return Err(UserError::new(
                ErrorKind::Denied,
                answer.verdict.to_string(),
                "Nothing was recorded.",
            )
            .into());
        }
        let more = if left > 0 {
            format!(" ({left} more)")
        } else {
            String::new()
        };
        ask.print_line(&format!("{}{more}", answer.verdict))?;
    }
    Err(UserError::new(
        ErrorKind::Denied,
        format!("{TRIES} wrong codes were given"),
        "Start uam again to try again.",
    )
    .into())
}
