//! One line of JSON, written and read. Buffers are wiped: a line may carry a key.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, BufRead, BufReader, Read, Write};
use zeroize::Zeroizing;

/// Longest request, in bytes.
pub const MAX_REQUEST_BYTES: u64 = 256 * 1024;

/// Longest response, in bytes: it may name every uploaded object.
pub const MAX_RESPONSE_BYTES: u64 = 16 << 20;

/// Reads one line of at most `limit` bytes.
///
/// # Errors
/// Whatever the stream gives, and a line that is too long or not a `T`.
pub fn read_line<T: DeserializeOwned>(stream: impl Read, limit: u64) -> io::Result<T> {
    let mut line = Zeroizing::new(String::new());
    BufReader::new(stream.take(limit)).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// Writes one line.
///
/// # Errors
/// Whatever the stream gives, and a value that is not JSON.
pub fn write_line<T: Serialize>(mut stream: impl Write, value: &T) -> io::Result<()> {
    let mut line = Zeroizing::new(serde_json::to_vec(value)?);
    line.push(b'\n');
    stream.write_all(&line)
}
