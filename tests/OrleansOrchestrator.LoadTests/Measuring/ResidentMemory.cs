using System.Globalization;

namespace OrleansOrchestrator.LoadTests.Measuring;

/// <summary>What a process has in memory, in bytes.</summary>
/// <param name="Whole">All of it: <c>VmRSS</c>.</param>
/// <param name="Own">Without pages of files, which the kernel drops and reads again as it likes, and which processes share.</param>
/// <param name="Most">The most that it had: <c>VmHWM</c>.</param>
internal readonly record struct ResidentMemory(long Whole, long Own, long Most)
{
    public static ResidentMemory Of(int id)
    {
        var lines = File.ReadLines($"/proc/{id}/status").Select(line => line.Split(':')).Where(parts => parts.Length == 2).ToDictionary(parts => parts[0], parts => parts[1]);
        return new ResidentMemory(Bytes("VmRSS"), Bytes("RssAnon") + Bytes("RssShmem"), Bytes("VmHWM"));

        long Bytes(string name) => long.Parse(lines[name].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"resident {Whole / 1e6:F0} MB, of which {Own / 1e6:F0} MB are its own and not of files, at most {Most / 1e6:F0} MB");
}
