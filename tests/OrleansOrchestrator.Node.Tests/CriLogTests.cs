using System.Globalization;
using System.Text;
using CsCheck;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Containerd;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>Logs as a runtime of the Container Runtime Interface writes them.</summary>
public sealed class CriLogTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 29, 1, 59, 58, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("cri-log-").FullName;
    private readonly string _path;

    public CriLogTests() => _path = Path.Combine(_folder, "main_0.log");

    [Fact]
    public async Task Query_OfAnyLog_IsWhatTheContainerWrote() => await Gen.Select(
        Gen.Select(Gen.Int[0, 9], Gen.String[Gen.Char["ab é"], 0, 30], Gen.Int[1, 40]).Array[0, 30], Gen.Int[0, 12].Nullable(), Gen.Int[-5, 200].Nullable(), Gen.Int[0, 2])
        .SampleAsync(
            async (lines, tail, sinceSeconds, older) =>
            {
                // Each line comes a number of seconds after the last one, cut in parts of a length; some of them are in older files.
                var files = new List<StringBuilder>();
                var expected = new List<string>();
                var time = Start;
                DateTimeOffset? since = sinceSeconds is { } seconds ? Start.AddSeconds(seconds) : null;
                foreach (var (index, (pause, text, part)) in lines.Index())
                {
                    time = time.AddSeconds(pause);
                    var file = index * (older + 1) / Math.Max(1, lines.Length);
                    while (files.Count <= file)
                        files.Add(new StringBuilder());
                    for (var start = 0; ; start += part)
                    {
                        var isLast = start + part >= text.Length;
                        files[file].Append(CultureInfo.InvariantCulture, $"{Stamp(time)} stdout {(isLast ? 'F' : 'P')} {text[start..Math.Min(text.Length, start + part)]}\n");
                        if (isLast)
                            break;
                    }

                    if (since is null || time >= since)
                        expected.Add(text);
                }

                new CriLog(_path).Remove();
                for (var age = 0; age < files.Count; age++)
                    await File.WriteAllTextAsync(age == files.Count - 1 ? _path : $"{_path}.{files.Count - 1 - age}", files[age].ToString());

                var wanted = tail is { } last ? expected.TakeLast(last) : expected;
                (await QueryAsync(new LogQuery { TailLines = tail, Since = since })).ShouldBe(string.Concat(wanted.Select(line => $"{line}\n")));
            },
            threads: 1);

    [Theory]
    [InlineData("no entry at all", "")]
    [InlineData("2026-03-29T01:59:58Z stdout", "")]
    [InlineData("2026-03-29T01:59:58Z stdout F", "")]
    [InlineData("\0\0\0\0", "")]
    [InlineData("2026-03-29T01:59:58Z stdout F ", "\n")]
    [InlineData("2026-03-29T01:59:58Z stderr F:tag  two  blanks ", " two  blanks \n")]
    [InlineData("garbage stdout F kept without a time", "kept without a time\n")]
    public async Task Query_OfABrokenLine_LeavesTheOthers(string line, string read)
    {
        await File.WriteAllTextAsync(_path, $"{Stamp(Start)} stdout F before\n{line}\n{Stamp(Start)} stdout F after\n", TestContext.Current.CancellationToken);

        (await QueryAsync(new LogQuery())).ShouldBe($"before\n{read}after\n");
    }

    [Fact]
    public async Task Query_OfALineWithoutBound_SkipsItInBoundedMemory()
    {
        await File.WriteAllTextAsync(_path, $"{Stamp(Start)} stdout F before\n{Stamp(Start)} stdout F {new string('x', 3_000_000)}\n{Stamp(Start)} stdout F after\n", TestContext.Current.CancellationToken);

        (await QueryAsync(new LogQuery())).ShouldBe("before\nafter\n");
    }

    [Theory]
    [InlineData("2026-03-29T01:59:58.123456789Z")]
    [InlineData("2026-03-29T03:59:58.1+02:00")]
    [InlineData("2026-03-29T01:59:58Z")]
    public async Task Query_WithTimestamps_PassesTheRuntimesOn(string stamp)
    {
        await File.WriteAllTextAsync(_path, $"{stamp} stdout P one \n{stamp} stdout F line\n", TestContext.Current.CancellationToken);

        (await QueryAsync(new LogQuery { Timestamps = true })).ShouldBe($"{stamp} one line\n");
        (await QueryAsync(new LogQuery { Since = Start })).ShouldBe("one line\n");
        (await QueryAsync(new LogQuery { Since = Start.AddSeconds(1) })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Follow_OverRotations_LosesNothing()
    {
        var log = new CriLog(_path);
        var (running, count) = (true, 0);
        var output = new MemoryStream();
        var following = CriLogReader.CopyAsync(
            log, new LogQuery { Follow = true }, _ => Task.FromResult(Volatile.Read(ref running)), output, TimeProvider.System, TestContext.Current.CancellationToken);

        var file = OpenNew();
        for (var rotation = 0; rotation < 3; rotation++)
        {
            await WriteAsync(5);
            await log.RotateAsync(static () => throw new InvalidOperationException("It is not large."));
            var read = count;
            await Eventually.HoldsAsync(() => Lines(output).Length == read, "it has been read");

            // A sparse file is large without being long to write; the reader skips what is no entry.
            await WriteAsync(1);
            file.SetLength(CriLog.FileBytesMax);
            file.Position = file.Length;
            file.Write("\n"u8);
            await log.RotateAsync(async () =>
            {
                // The runtime goes on with its old file until it has opened the new one.
                await WriteAsync(2);
                await file.DisposeAsync();
                file = OpenNew();
            });
        }

        await WriteAsync(1);
        Volatile.Write(ref running, false);
        await following;
        Lines(output).ShouldBe(Enumerable.Range(0, count).Select(number => $"line {number}"));
        Directory.EnumerateFiles(_folder).Count().ShouldBe(3);
        await file.DisposeAsync();
        log.Remove();
        Directory.EnumerateFiles(_folder).ShouldBeEmpty();

        FileStream OpenNew() => new(_path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

        async Task WriteAsync(int lines)
        {
            for (var line = 0; line < lines; line++)
                await file.WriteAsync(Encoding.UTF8.GetBytes($"{Stamp(Start)} stdout F line {count++}\n"), TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Rotation_WhoseRuntimeDoesNotAnswer_IsTriedAgain()
    {
        var log = new CriLog(_path);
        using (var file = File.Create(_path))
            file.SetLength(CriLog.FileBytesMax + 1);

        await Should.ThrowAsync<RuntimeException>(() => log.RotateAsync(static () => throw new RuntimeException(RuntimeException.Unavailable, "away")));
        log.Rotations.ShouldBe(0);
        await log.RotateAsync(() => File.WriteAllTextAsync(_path, "", TestContext.Current.CancellationToken));

        log.Rotations.ShouldBe(1);
        new FileInfo(_path + ".1").Length.ShouldBe(CriLog.FileBytesMax + 1);
        File.Exists(_path + ".2").ShouldBeFalse("nothing was moved twice");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string[] Lines(MemoryStream output) => Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture);

    private async Task<string> QueryAsync(LogQuery query)
    {
        using var output = new MemoryStream();
        await CriLogReader.CopyAsync(
            new CriLog(_path), query, static _ => Task.FromResult(false), output, TimeProvider.System, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
