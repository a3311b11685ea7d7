//! Reports as JSON.

/// A report as the JSON that `--json` prints: indented, one trailing newline.
///
/// # Errors
/// Never for the types of this crate; the signature is serde's.
pub fn to_json<T: serde::Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let mut out = serde_json::to_string_pretty(value)?;
    out.push('\n');
    Ok(out)
}
