//! Deflate, of an entry whole or in a stream.
//!
//! Whole entries go through libdeflate, which is the faster but needs the room for all of the output;
//! larger ones stream through zlib-rs. Neither produces more than the declared size.
//! Specification: RFC 1951.

use flate2::{Decompress, FlushDecompress, Status};

use crate::content::ContentFault;

/// Inflates `packed` into `plain`, which has exactly the declared size.
pub(crate) fn whole(
    inflater: &mut libdeflater::Decompressor,
    packed: &[u8],
    plain: &mut [u8],
) -> Result<(), ContentFault> {
    use libdeflater::DecompressionError::{BadData, InsufficientSpace};
    match inflater.deflate_decompress(packed, plain) {
        Ok(length) if length == plain.len() => Ok(()),
        Ok(_) | Err(InsufficientSpace) => Err(ContentFault::Size),
        Err(BadData) => Err(ContentFault::Deflate),
    }
}

/// Inflates piece by piece.
pub(crate) struct Stream {
    state: Decompress,
    ended: bool,
}

impl Stream {
    pub(crate) fn new() -> Self {
        Self { state: Decompress::new(false), ended: false }
    }

    /// Takes all of `packed` and gives what comes out to `consume`, buffer by buffer.
    ///
    /// What follows the end of the deflate stream is ignored, as the go command ignores it.
    pub(crate) fn push<E: From<ContentFault>>(
        &mut self,
        mut packed: &[u8],
        buffer: &mut [u8],
        mut consume: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while !self.ended {
            let (taken, given) = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(packed, buffer, FlushDecompress::None);
            let status = status.map_err(|_| ContentFault::Deflate)?;
            let taken = usize::try_from(self.state.total_in() - taken).unwrap_or(usize::MAX);
            let given = usize::try_from(self.state.total_out() - given).unwrap_or(usize::MAX);
            packed = packed.get(taken..).unwrap_or_default();
            consume(buffer.get(..given).unwrap_or_default())?;
            self.ended = status == Status::StreamEnd;
            if taken == 0 && given == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Whether the stream has come to its own end.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }
}
