//! The person's phone: keeps the secret, shows the code of the moment.

use anyhow::{Context, Result};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds one code is shown (RFC 6238's default step).
const STEP: u64 = 30;

/// An authenticator app that has taken over one secret.
pub(crate) struct Authenticator {
    totp: totp_rs::Totp,
}

impl Authenticator {
    /// Types in the base32 secret.
    ///
    /// # Errors
    /// When the text is no base32 or too short to be a secret.
    pub(crate) fn new(secret: &str) -> Result<Self> {
        let bytes = data_encoding::BASE32_NOPAD
            .decode(secret.trim_end_matches('=').as_bytes())
            .context("the secret uam printed is not base32")?;
        // Refuses fewer than 128 bits, as RFC 4226 does.
        let totp = totp_rs::Builder::new()
            .with_secret(bytes)
            .build()
            .context("the secret uam printed cannot be used")?;
        Ok(Self { totp })
    }

    /// The code now on the display: SHA-1, six digits, steps of 30 s.
    pub(crate) fn current_code(&self) -> String {
        self.code_at(now().as_secs())
    }

    /// The code after that one.
    pub(crate) fn next_code(&self) -> String {
        self.code_at(now().as_secs() + STEP)
    }

    fn code_at(&self, unix_seconds: u64) -> String {
        self.totp.generate(unix_seconds).to_string()
    }

    /// How long until the next code is shown (a code is accepted once only).
    pub(crate) fn until_next(&self) -> Duration {
        let now = now();
        Duration::from_secs(STEP - now.as_secs() % STEP)
    }
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Finds the secret in what the program has written so far: on a line that speaks of the secret (or the one after
/// it), the longest run of base32 characters, groups set apart by single spaces or hyphens included; at least 16.
pub(crate) fn find_secret(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.to_ascii_lowercase().contains("secret"))
        .flat_map(|(n, _)| lines[n..lines.len().min(n + 3)].iter())
        .filter_map(|line| base32_run(line))
        .next()
}

fn base32_run(line: &str) -> Option<String> {
    let mut best = String::new();
    let mut run = String::new();
    for word in line.split([' ', '-', '\t', ':', '=', '"', '\'']) {
        let is_group = word.len() >= 4
            && word
                .bytes()
                .all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b));
        if is_group {
            run.push_str(word);
        } else {
            run.clear();
        }
        if run.len() > best.len() {
            best.clone_from(&run);
        }
    }
    (best.len() >= 16).then_some(best)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_secret_is_found_however_it_is_set() {
        let plain = "scan this\n  or type the secret: GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n";
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(find_secret(plain).as_deref(), Some(secret));
        let grouped = "The secret to type is\n    GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ\n";
        assert_eq!(find_secret(grouped).as_deref(), Some(secret));
        assert_eq!(find_secret("no secret here, SORRY ABOUT THAT"), None);
        assert_eq!(find_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), None);
    }

    /// RFC 6238, appendix B, the SHA-1 rows, cut to six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let phone = Authenticator::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(phone.code_at(time), code, "at {time}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Authenticator::new("not base32!").is_err());
        assert!(Authenticator::new("GEZDGNBVGY3TQOJQ").is_err(), "80 bits");
    }
}
