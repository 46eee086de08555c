using System.Diagnostics;
using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Testing;

/// <summary>What killed daemons have left mounted: volumes in memory outlive them, so that the next one takes them over.</summary>
public static partial class LeftMounts
{
    /// <summary>Deletes a folder, and first ends what is mounted in it.</summary>
    /// <param name="folder">The folder.</param>
    public static void Delete(string folder)
    {
        const int placeField = 4;
        foreach (var place in File.ReadLines("/proc/self/mountinfo")
            .Select(line => Escape().Replace(line.Split(' ')[placeField], match => ((char)Convert.ToInt32(match.Groups[1].Value, 8)).ToString()))
            .Where(place => place.StartsWith(folder + "/", StringComparison.Ordinal))
            .OrderByDescending(place => place.Length)
            .ToList())
        {
            using var umount = Process.Start("umount", ["--lazy", place]);
            umount.WaitForExit();
        }

        Directory.Delete(folder, recursive: true);
    }

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex Escape();
}
