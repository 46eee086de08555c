namespace OrleansOrchestrator.Node.Spdy;

/// <summary>How many bytes the other side is ready to take.</summary>
/// <param name="bytes">The bytes at the beginning.</param>
internal sealed class SendWindow(int bytes)
{
    private readonly Lock _lock = new();
    private long _left = bytes;
    private TaskCompletionSource? _opened;

    /// <summary>Counts bytes that are sent whether the window has room for them or not.</summary>
    public void Overdraw(int sent)
    {
        lock (_lock)
            _left -= sent;
    }

    /// <summary>Takes at least one byte of the window and at most as many as wanted, and waits while it is empty.</summary>
    public async ValueTask<int> TakeAsync(int wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task opened;
            lock (_lock)
            {
                if (_left > 0)
                {
                    var taken = (int)Math.Min(wanted, _left);
                    _left -= taken;
                    return taken;
                }

                opened = (_opened ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await opened.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Opens the window further, or closes it by a negative number.</summary>
    /// <returns>False if it is open further than the protocol allows.</returns>
    public bool Add(long delta)
    {
        TaskCompletionSource? opened;
        bool isAllowed;
        lock (_lock)
        {
            _left += delta;
            (opened, _opened) = (_opened, null);
            isAllowed = _left <= int.MaxValue;
        }

        opened?.SetResult();
        return isAllowed;
    }
}
