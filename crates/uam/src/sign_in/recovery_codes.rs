//! Recovery codes: shown once, or written to a file that their owner names.

use super::totp_setup::clear_screen;
use crate::output;
use anyhow::Context;
use console::Prompt;
use model::{ErrorKind, Timestamp, UserError};
use std::io::Write;
use std::path::Path;
use vault::{GateToken, RecoveryKit, UnlockedSlot, Vault};

/// How often the typed-back block may be wrong.
const TRIES: u32 = 3;

/// Creates ten recovery codes and writes them to `file`, or shows them until the beginning of one is typed back.
pub(crate) fn issue_recovery_codes(
    vault: &mut Vault,
    slot: &UnlockedSlot,
    token: &GateToken,
    file: Option<&Path>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let kit = vault.new_recovery_kit(slot, token, now)?;
    deliver_recovery_codes(vault, &kit, file, now)
}

/// Writes existing recovery codes to `file`, or shows them, as [`issue_recovery_codes`] does.
pub(crate) fn deliver_recovery_codes(
    vault: &Vault,
    kit: &RecoveryKit,
    file: Option<&Path>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let day = report::local_date(now, "UTC").to_string();
    let page = kit.page(vault.device(), &day);
    if let Some(file) = file {
        let mut out = platform::files::create_private_file(file)
            .with_context(|| format!("cannot write the recovery codes to {}", file.display()))?;
        out.write_all(page.as_bytes())
            .and_then(|()| out.sync_all())
            .with_context(|| format!("cannot write the recovery codes to {}", file.display()))?;
        output::print_line(&format!(
            "Your recovery codes are in {}. Move them off this computer.",
            file.display()
        ));
        return Ok(());
    }
    output::print_line(&page);
    confirm_one_code(kit)?;
    if clear_screen() {
        output::print_line("The recovery codes were cleared from the screen.");
    }
    Ok(())
}

/// Asks for the beginning of one code, which shows that the page was written down.
fn confirm_one_code(kit: &RecoveryKit) -> anyhow::Result<()> {
    let number = getrandom::u32().map_or(0, |n| n as usize % kit.codes().len());
    let Some(code) = kit.codes().get(number) else {
        return Ok(());
    };
    let mut ask = Prompt::on_stdio();
    for _ in 0..TRIES {
        let question = format!(
            "Write the codes down, then type the first five characters of code {}",
            number + 1
        );
        let Some(block) = ask.ask_line(&question)? else {
            break;
        };
        if code.begins_with(&block) {
            return Ok(());
        }
        ask.print_line("That is not the beginning of this code.")?;
    }
    Err(UserError::new(
        ErrorKind::Denied,
        "the recovery codes were not confirmed; nothing was recorded",
        "Start uam again, then `uam keys recovery` shows ten new ones.",
    )
    .into())
}
