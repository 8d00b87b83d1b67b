"""The same preparation as an Apache Beam pipeline, on many machines."""

from aan_keras.faces.dlib_landmarker import DlibLandmarker
from aan_keras.faces.input_error import InputError
from aan_keras.preparation.clip_options import ClipOptions
from aan_keras.preparation.clip_workers import prepare_and_save
from aan_keras.preparation.prepare_dataset import (
    SHARD_BYTES,
    Preparation,
    run_preparation,
    unfinished_clips,
)
from aan_keras.preparation.shards import ShardPlan, store_shard

try:
    import apache_beam as beam
except ImportError:
    raise InputError(
        "Apache Beam is missing from this installation: pip install 'aan_keras[beam]', "
        "or leave --runner out"
    ) from None


class PrepareClip(beam.DoFn):
    """Prepares one clip with the function that local workers call.

    Args:
        options: `ClipOptions`.
        folder: `WorkFolder`, seen under this path by every worker.
    """

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder

    def setup(self):
        self._landmarker = DlibLandmarker(refine=True)

    def process(self, clip):
        prepare_and_save(clip, self.options, self.folder, self._landmarker)
        yield clip


class PlanShards(beam.DoFn):
    """One element in, when all clips are finished; one `(name, clips)` a shard out.

    Args:
        clips: list of `RawClip`.
        folder: `WorkFolder`.
        shard_bytes: most bytes a shard.
    """

    def __init__(self, clips, folder, shard_bytes):
        self.clips = clips
        self.folder = folder
        self.shard_bytes = shard_bytes

    def process(self, count):
        plan = ShardPlan(self.shard_bytes)
        for clip in self.clips:
            statistics = self.folder.statistics(clip)
            if statistics.error is None:
                complete = plan.add(clip.split, clip, statistics.num_bytes)
                if complete is not None:
                    yield complete
        yield from plan.finish()


def prepare_with_beam(
    layout,
    path,
    output,
    options=None,
    *,
    runner="DirectRunner",
    beam_options=(),
    shard_bytes=SHARD_BYTES,
    report=None,
):
    """As `prepare_dataset`, and to the same bytes, by a runner of Apache Beam.

    Clips are prepared in parallel; when all are done, shards are written in parallel.
    A pipeline that was stopped is started again with the same arguments and skips the
    clips that are finished.

    Every worker must have this package installed and see `path` and `output` under the
    same names: a network file system, or a bucket that is mounted as a folder.

    Args:
        layout, path, output, options, shard_bytes, report: see `prepare_dataset`.
        runner: "DirectRunner", "FlinkRunner", "SparkRunner", "DataflowRunner" ...
        beam_options: list of options of the runner, as on its command line, for
            instance `["--direct_num_workers=4",
            "--direct_running_mode=multi_processing"]`.

    Returns:
        The content of `dataset.json`.
    """
    from apache_beam.options.pipeline_options import PipelineOptions

    preparation = Preparation(layout, path, options or ClipOptions(), shard_bytes)
    pipeline_options = PipelineOptions([f"--runner={runner}", *beam_options])

    def write_shards(output, folder):
        todo = unfinished_clips(preparation, output, folder)
        with beam.Pipeline(options=pipeline_options) as pipeline:
            _ = (
                pipeline
                | "clips" >> beam.Create(todo)
                # Otherwise a runner may keep them all in one worker.
                | "spread clips" >> beam.Reshuffle()
                | "prepare" >> beam.ParDo(PrepareClip(preparation.options, folder))
                | "wait for all" >> beam.combiners.Count.Globally()
                | "plan shards"
                >> beam.ParDo(PlanShards(preparation.clips, folder, shard_bytes))
                | "spread shards" >> beam.Reshuffle()
                | "write" >> beam.Map(lambda shard: store_shard(output, folder, *shard))
            )
        for clip in preparation.clips:
            statistics = folder.statistics(clip)
            if statistics.error is not None:
                preparation.report_left_out(clip, statistics, report)

    return run_preparation(preparation, output, write_shards)
