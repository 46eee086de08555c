using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Gives each pod an address of its own in the loopback network, which needs no set-up and no rights.</summary>
/// <remarks>
/// Agent <c>i</c> of a machine has <c>127.(64+i).0.0/16</c>, so agents never give the same address; addresses are
/// given in a circle, so that one is not given again soon after its pod ended.
/// </remarks>
internal sealed class LoopbackRange(int index)
{
    private const int FirstNetwork = 64;
    private const int Size = 65534;

    private readonly HashSet<int> _used = [];
    private int _last;

    /// <summary>Marks an address of an earlier run as in use.</summary>
    public void Take(string address)
    {
        var parts = address.Split('.');
        if (parts.Length == 4 && parts[1] == (FirstNetwork + index).ToString(CultureInfo.InvariantCulture))
        {
            var host = (int.Parse(parts[2], CultureInfo.InvariantCulture) * 256) + int.Parse(parts[3], CultureInfo.InvariantCulture);
            _used.Add(host);
            _last = Math.Max(_last, host);
        }
    }

    /// <exception cref="RuntimeException">All addresses are in use.</exception>
    public string Next()
    {
        for (var tries = 0; tries < Size; tries++)
        {
            _last = (_last % Size) + 1;
            if (_used.Add(_last))
                return string.Create(CultureInfo.InvariantCulture, $"127.{FirstNetwork + index}.{_last >> 8}.{_last & 255}");
        }

        throw new RuntimeException(RuntimeException.CreateSandbox, "all pod addresses of the node are in use");
    }

    public void Release(string address)
    {
        var parts = address.Split('.');
        _used.Remove((int.Parse(parts[2], CultureInfo.InvariantCulture) * 256) + int.Parse(parts[3], CultureInfo.InvariantCulture));
    }
}
