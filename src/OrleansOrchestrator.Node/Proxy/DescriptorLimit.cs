using System.Globalization;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>The most file descriptors this process may open (RLIMIT_NOFILE).</summary>
internal static class DescriptorLimit
{
    // Assumed where the limit cannot be read: the usual soft limit of Linux.
    private const int Unknown = 1024;

    /// <summary>Reads the current limit. The .NET runtime raises the soft limit to the hard limit when it starts.</summary>
    public static int Read()
    {
        try
        {
            return Parse(File.ReadAllText("/proc/self/limits"));
        }
        catch (IOException)
        {
            return Unknown;
        }
    }

    /// <summary>Finds the limit in the text of <c>/proc/self/limits</c>: the first column after the name.</summary>
    internal static int Parse(string limits)
    {
        const string name = "Max open files";
        var line = limits.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        var soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        if (soft == "unlimited")
            return int.MaxValue;
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? (int)Math.Min(limit, int.MaxValue) : Unknown;
    }
}
