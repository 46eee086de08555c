using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Gives each pod an address of its own in the loopback network, which needs neither set-up nor rights.</summary>
/// <remarks>
/// <c>127.64.0.0/11</c> is divided into <see cref="Ranges"/> ranges of 4,096 addresses, one per index, so that agents with different
/// indexes never use the same address. Addresses are used in a circle, so that one is not reused soon after its pod ended.
/// </remarks>
internal sealed class LoopbackRange(int index)
{
    /// <summary>The number of ranges.</summary>
    public const int Ranges = 512;

    private const int FirstNetwork = 64;
    private const int RangesPerNetwork = 16;
    private const int RangeSize = 4096;
    private const int Size = RangeSize - 2;

    private readonly string _network = string.Create(CultureInfo.InvariantCulture, $"127.{FirstNetwork + (index % Ranges / RangesPerNetwork)}.");
    private readonly int _first = index % RangesPerNetwork * RangeSize;
    private readonly HashSet<int> _used = [];
    private int _last;

    /// <summary>Marks an address of an earlier run as used.</summary>
    public void Take(string address)
    {
        if (HostOf(address) is not { } host)
            return;
        _used.Add(host);
        _last = Math.Max(_last, host);
    }

    /// <exception cref="RuntimeException">All addresses are in use.</exception>
    public string Next()
    {
        for (var tries = 0; tries < Size; tries++)
        {
            _last = (_last % Size) + 1;
            if (_used.Add(_last))
            {
                var host = _first + _last;
                return string.Create(CultureInfo.InvariantCulture, $"{_network}{host >> 8}.{host & 255}");
            }
        }

        throw new RuntimeException(RuntimeException.CreateSandbox, "all pod addresses of the node are in use");
    }

    /// <summary>Returns an address.</summary>
    public void Release(string address)
    {
        if (HostOf(address) is { } host)
            _used.Remove(host);
    }

    /// <summary>The position of an address within the range; null if it is outside.</summary>
    private int? HostOf(string address)
    {
        var parts = address.Split('.');
        if (parts.Length != 4 || !address.StartsWith(_network, StringComparison.Ordinal))
            return null;
        var host = (int.Parse(parts[2], CultureInfo.InvariantCulture) * 256) + int.Parse(parts[3], CultureInfo.InvariantCulture) - _first;
        return host is > 0 and <= Size ? host : null;
    }
}
