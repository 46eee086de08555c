using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Limits;

/// <summary>
/// Bounds the number of large lists that this silo encodes at once, so that they never take all processors. Users take turns: each has
/// a queue, and a free seat goes to the next user, however long another user's queue is.
/// </summary>
internal sealed class FairListLimiter(GatewayOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, UserLists> _users = new(StringComparer.Ordinal);
    private readonly LinkedList<UserLists> _order = [];
    private int _free = options.LargeListSeats;

    /// <summary>Waits for a seat. The permit holds it until it is released or disposed.</summary>
    /// <exception cref="ApiException">429: the user has too many large lists in progress.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled; it leaves the queue.</exception>
    public async ValueTask<ListPermit> AcquireAsync(string user, CancellationToken cancellationToken)
    {
        UserLists lists;
        lock (_lock)
        {
            if (!_users.TryGetValue(user, out lists!))
                _users.Add(user, lists = new UserLists(user));
            if (lists.InProgress == options.LargeListsPerUserMax)
            {
                LimitInstruments.Rejected(LimitInstruments.QueueFull);
                throw ApiErrors.TooManyRequests("too many large lists in progress, please try again later", options.RetryAfterSeconds);
            }

            lists.InProgress++;
        }

        var permit = new ListPermit(this, lists);
        try
        {
            await permit.ReacquireAsync(cancellationToken);
            return permit;
        }
        catch
        {
            permit.Dispose();
            throw;
        }
    }

    /// <summary>Takes a seat, or waits in the user's queue.</summary>
    internal async ValueTask TakeSeatAsync(UserLists lists, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource> waiting;
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return;
            }

            // Whoever frees a seat must not run another request's list on its own thread.
            waiting = lists.Waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            if (lists.Waiting.Count == 1)
                _order.AddLast(lists);
        }

        await using var registration = cancellationToken.Register(() => Abandon(lists, waiting, cancellationToken));
        var began = LimitInstruments.Begin();
        LimitInstruments.CountInQueue(1);
        try
        {
            await waiting.Value.Task;
        }
        finally
        {
            LimitInstruments.CountInQueue(-1);
            LimitInstruments.Waited(began, waiting.Value.Task.IsCompletedSuccessfully);
        }
    }

    /// <summary>Gives the seat to the next user's first list, or keeps it free.</summary>
    internal void FreeSeat()
    {
        lock (_lock)
        {
            if (_order.First is not { } next)
            {
                _free++;
                return;
            }

            _order.RemoveFirst();
            var first = next.Value.Waiting.First!;
            next.Value.Waiting.RemoveFirst();
            if (next.Value.Waiting.Count > 0)
                _order.AddLast(next);
            first.Value.SetResult();
        }
    }

    /// <summary>Removes a list that has ended. A user without lists occupies no memory.</summary>
    internal void End(UserLists lists)
    {
        lock (_lock)
        {
            if (--lists.InProgress == 0)
                _users.Remove(lists.User);
        }
    }

    private void Abandon(UserLists lists, LinkedListNode<TaskCompletionSource> waiting, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // The list already received a seat and must give it back.
            if (waiting.List is null)
                return;
            lists.Waiting.Remove(waiting);
            if (lists.Waiting.Count == 0)
                _order.Remove(lists);
            waiting.Value.SetCanceled(cancellationToken);
        }
    }

    /// <summary>The large lists of one user.</summary>
    internal sealed class UserLists(string user)
    {
        public string User { get; } = user;

        /// <summary>The number of lists that wait, are encoded, or wait for their client.</summary>
        public int InProgress { get; set; }

        public LinkedList<TaskCompletionSource> Waiting { get; } = [];
    }
}
