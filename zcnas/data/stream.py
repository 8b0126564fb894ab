"""Endless batches: one seeded shuffle of the images after the other."""

from __future__ import annotations

from dataclasses import dataclass

from zcnas.batch import Batch
from zcnas.data.imageset import ImageSet
from zcnas.data.noise import Noise
from zcnas.errors import InputError, InputTypeError
from zcnas.seeding import generator


@dataclass(frozen=True, slots=True)
class Stream:
    """Batches by number; each depends on the seed and its number alone.

    No image comes twice before all have come, but for a rest that does not fill a batch.

    Attributes:
        source: Images or noise.
        batch_size: Images of a batch.

    Raises:
        InputTypeError: The source is neither images nor noise.
        InputError: The batch size is below 1, or there are not that many images.
    """

    source: ImageSet | Noise
    batch_size: int

    def __post_init__(self) -> None:
        given: object = self.source
        if not isinstance(given, ImageSet | Noise):
            came = type(given).__name__
            raise InputTypeError(f"stream: expected an ImageSet or Noise, got {came}; see zcnas.data.load")
        if self.batch_size < 1:
            raise InputError(f"{self.source.name}: expected a batch size of at least 1, got {self.batch_size}")
        if isinstance(self.source, ImageSet) and self.batch_size > len(self.source):
            raise InputError(
                f"{self.source.name}: expected a batch size of at most its {len(self.source)} images, "
                f"got {self.batch_size}"
            )

    def batch(self, seed: int, number: int) -> Batch:
        """Batch ``number`` of the stream with this seed."""
        if isinstance(self.source, Noise):
            return self.source.batch(self.batch_size, number, seed)
        round_, place = divmod(number, len(self.source) // self.batch_size)
        order = generator("data-stream", seed, round_).permutation(len(self.source))
        chosen = order[place * self.batch_size : (place + 1) * self.batch_size]
        return self.source.batch(chosen.tolist(), f"{self.source.name} stream {seed}[{number}]")
