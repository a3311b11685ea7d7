//! The policy for the key of one device: its own puts, and no more.

use crate::object_keys::{ROOT, vault_copy_key};
use model::DeviceId;

/// The IAM policy (JSON) for a key that may store this device's objects and nothing else: it reads, lists, overwrites
/// (the bucket's own policy can see to that, see `docs/IAM.md`) and deletes nothing, and other devices' folders are closed
/// to it.
///
/// `bucket` and `prefix` as in [`crate::S3Target`].
#[must_use]
pub fn put_only_policy(bucket: &str, prefix: &str, device: &DeviceId) -> String {
    // The shard is the device's own; kind and day are not.
    let key = vault_copy_key(device, 0, "*", 0, &"0".repeat(64));
    let shard = key.split('/').find(|part| part.starts_with("sh="));
    let folder = match prefix {
        "" => String::new(),
        // A star is a letter of the prefix here, and a wildcard to the policy's reader.
        prefix => format!("{}/", prefix.replace('*', "${*}")),
    };
    format!(
        r#"{{
  "Version": "2012-10-17",
  "Statement": [
    {{
      "Sid": "StoreWhatOneDeviceSends",
      "Effect": "Allow",
      "Action": ["s3:PutObject", "s3:AbortMultipartUpload"],
      "Resource": "arn:aws:s3:::{bucket}/{folder}{root}/kind=*/{shard}/dt=*/dev={device}/*"
    }}
  ]
}}
"#,
        root = ROOT,
        shard = shard.unwrap_or("sh=*"),
    )
}
