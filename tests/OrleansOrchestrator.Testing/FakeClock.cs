using System.Globalization;

namespace OrleansOrchestrator.Testing;

/// <summary>
/// A wall clock that a test sets for the processes that it starts, with the library libfaketime. Their monotonic clocks are not
/// changed.
/// </summary>
internal sealed class FakeClock
{
    private readonly string _file;

    /// <param name="folder">The folder of the file with the time. The processes must be able to read it.</param>
    public FakeClock(string folder)
    {
        _file = Path.Combine(folder, "clock");
        Set(TimeSpan.Zero);
    }

    /// <summary>The library; null if it is not installed.</summary>
    public static string? Library { get; } = Directory.Exists("/usr/lib")
        ? Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu").Prepend("/usr/lib").Select(folder => Path.Combine(folder, "faketime", "libfaketime.so.1")).FirstOrDefault(File.Exists)
        : null;

    /// <summary>The environment variables of such a process.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Library ?? throw new InvalidOperationException("libfaketime is not installed"),
        ["FAKETIME_TIMESTAMP_FILE"] = _file,
        ["FAKETIME_NO_CACHE"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
    };

    /// <summary>Removes the files that the library leaves behind after a process was killed.</summary>
    public static void CleanUpAfter(int process)
    {
        foreach (var name in (string[])["faketime_shm_", "sem.faketime_sem_"])
            File.Delete(string.Create(CultureInfo.InvariantCulture, $"/dev/shm/{name}{process}"));
    }

    /// <summary>Sets the wall clock. Processes see the change at once.</summary>
    /// <param name="ahead">How far the wall clock is ahead of the machine's.</param>
    public void Set(TimeSpan ahead)
    {
        File.WriteAllText(_file + ".new", string.Create(CultureInfo.InvariantCulture, $"{ahead.TotalSeconds:+0;-0}\n"));
        File.Move(_file + ".new", _file, overwrite: true);
    }
}
