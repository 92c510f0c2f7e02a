//! Strong ETags (RFC 9110 8.8.1): equal only where the answer is the same, byte for byte.

use crate::accepted::{Accepted, Form};
use catalog::{Found, StoredInstance};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Changes with any release in which the same stored object is rewritten to other bytes.
const REWRITING: &str = "-e1";

/// Of an object, from the digest of its bytes.
pub(crate) fn of_object(stored: &StoredInstance, form: Form) -> String {
    let mut etag = hexadecimal(&stored.digest);
    if form == Form::Rewritten {
        etag.push_str(REWRITING);
    }
    etag
}

/// Of a part of an object: frames or a value.
pub(crate) fn of_value(stored: &StoredInstance) -> String {
    hexadecimal(&stored.digest)
}

/// Of what is made from all instances of a resource. The revision grows even when the resource is deleted and stored
/// again; the facility is in it because the plain root may come to mean another one.
pub(crate) fn of_resource(found: &Found, kind: &str, accepted: &Accepted) -> String {
    let mut hash = Sha256::new();
    let numbers = [found.revision.to_be_bytes(), found.instance_count.to_be_bytes()];
    for text in [kind, REWRITING, found.facility.as_str(), if accepted.any { "any" } else { "listed" }] {
        hash.update(text);
        hash.update([0]);
    }
    for text in &accepted.transfer_syntaxes {
        hash.update(text);
        hash.update([0]);
    }
    hash.update(numbers.as_flattened());
    hexadecimal(&hash.finalize())
}

/// Of the metadata of a resource.
pub(crate) fn of_metadata(found: &Found) -> String {
    of_resource(found, "metadata", &Accepted::default())
}

/// 128 bits of a digest are plenty to tell two versions apart.
fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().take(16).fold(String::with_capacity(40), |mut text, byte| {
        // Writing to a String does not fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}
