using OrleansOrchestrator.Consistency.Tests.Histories;

namespace OrleansOrchestrator.Consistency.Tests.Checking;

/// <summary>How a search ended.</summary>
internal enum SearchResult
{
    Found,
    Impossible,
    GivenUp,
}

/// <summary>
/// Looks for an order of the operations on one object that explains every answer and keeps to real time: if one was
/// answered before another was sent, it comes first (Wing and Gong's search, with Lowe's memory of what has been tried).
/// </summary>
/// <remarks>
/// <para>
/// Operations that must have happened are placed one after another. The next one may be any that was sent before the earliest
/// answer among those not yet placed. A write of unknown outcome that nobody has seen is optional: it may be placed anywhere
/// after it was sent, or not at all, and is tried last.
/// </para>
/// <para>
/// What leaves the register as it is can be placed as soon as it fits: it takes no choice away from anybody. So only writes
/// branch, and their revisions leave them little choice.
/// </para>
/// </remarks>
internal sealed class RegisterSearch
{
    private sealed class Step(Register register, List<int> candidates)
    {
        public Register Register { get; } = register;

        public List<int> Candidates { get; } = candidates;

        public int Next { get; set; }

        /// <summary>What this step has placed: reads that fitted, then the write that led to the next step.</summary>
        public List<int> Placed { get; } = [];
    }

    private readonly List<Operation> _must;
    private readonly List<Operation> _may;
    private readonly int _statesMax;
    private readonly bool[] _isPlaced;
    private readonly UInt128[] _marks;
    private readonly HashSet<(UInt128 Placed, Register Register)> _tried = [];
    private UInt128 _placed;
    private int _left;
    private int _fewestLeft = int.MaxValue;

    /// <param name="must">Operations that happened.</param>
    /// <param name="may">Writes that may have happened.</param>
    /// <param name="statesMax">How many states are tried before the search is given up.</param>
    public RegisterSearch(IEnumerable<Operation> must, IEnumerable<Operation> may, int statesMax)
    {
        _must = [.. must.OrderBy(operation => operation.Invoked)];
        _may = [.. may.OrderBy(operation => operation.Invoked)];
        _statesMax = statesMax;
        _isPlaced = new bool[_must.Count + _may.Count];
        var random = new Random(1);
        _marks = [.. _isPlaced.Select(_ => new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()))];
        _left = _must.Count;
    }

    /// <summary>Where the search got furthest: the register there, and what should have come next.</summary>
    public string Furthest { get; private set; } = "";

    public SearchResult Run(Register initial)
    {
        var steps = new Stack<Step>();
        steps.Push(Enter(initial));
        while (_left > 0)
        {
            var step = steps.Peek();
            if (TryAdvance(step) is { } after)
            {
                if (_tried.Count > _statesMax)
                    return SearchResult.GivenUp;
                steps.Push(Enter(after));
                continue;
            }

            Leave(step);
            steps.Pop();
            if (steps.Count == 0)
                return SearchResult.Impossible;
            Unplace(steps.Peek());
        }

        return SearchResult.Found;
    }

    private Operation this[int index] => index < _must.Count ? _must[index] : _may[index - _must.Count];

    /// <summary>Places what fits without changing anything, and finds the writes that may come next.</summary>
    private Step Enter(Register register)
    {
        var fitted = new List<int>();
        List<int> candidates;
        while (true)
        {
            candidates = Candidates();
            var progress = false;
            foreach (var index in candidates)
            {
                if (index >= _must.Count || register.After(_must[index]) is not { } same || !LeavesAsIs(register, same))
                    continue;
                register = same;
                Place(index);
                fitted.Add(index);
                progress = true;
            }

            if (!progress)
                break;
        }

        if (_left < _fewestLeft)
        {
            _fewestLeft = _left;
            Furthest = $"{_left} of {_must.Count} are left when it is {register}; next would be one of: "
                + string.Join("; ", candidates.Take(8).Select(index => this[index]));
        }

        var step = new Step(register, candidates);
        step.Placed.AddRange(fitted);
        return step;
    }

    // A read may tell a revision that was not known; that takes no choice away either, since there is only one.
    private static bool LeavesAsIs(Register before, Register after) => before.IsPresent == after.IsPresent && before.Value == after.Value;

    private Register? TryAdvance(Step step)
    {
        while (step.Next < step.Candidates.Count)
        {
            var index = step.Candidates[step.Next++];
            if (_isPlaced[index] || step.Register.After(this[index]) is not { } after)
                continue;
            Place(index);
            if (_tried.Add((_placed, after)))
            {
                step.Placed.Add(index);
                return after;
            }

            Unplace(index);
        }

        return null;
    }

    private void Leave(Step step)
    {
        foreach (var index in step.Placed)
            Unplace(index);
    }

    private void Unplace(Step step)
    {
        Unplace(step.Placed[^1]);
        step.Placed.RemoveAt(step.Placed.Count - 1);
    }

    private List<int> Candidates()
    {
        var earliest = long.MaxValue;
        var candidates = new List<int>();
        for (var i = FirstLeft(); i < _must.Count && _must[i].Invoked <= earliest; i++)
        {
            if (_isPlaced[i])
                continue;
            earliest = Math.Min(earliest, _must[i].Returned);
            candidates.Add(i);
        }

        candidates.RemoveAll(index => _must[index].Invoked > earliest);
        candidates.Sort((a, b) => Order(_must[a]).CompareTo(Order(_must[b])));
        for (var i = 0; i < _may.Count && _may[i].Invoked <= earliest; i++)
        {
            if (!_isPlaced[_must.Count + i])
                candidates.Add(_must.Count + i);
        }

        return candidates;
    }

    private static (long Revision, long Returned) Order(Operation operation) =>
        (operation.Shown?.Revision ?? long.MaxValue, operation.Returned);

    private int _firstLeft;

    private int FirstLeft()
    {
        while (_firstLeft < _must.Count && _isPlaced[_firstLeft])
            _firstLeft++;
        return _firstLeft;
    }

    private void Place(int index)
    {
        _isPlaced[index] = true;
        _placed ^= _marks[index];
        if (index < _must.Count)
            _left--;
    }

    private void Unplace(int index)
    {
        _isPlaced[index] = false;
        _placed ^= _marks[index];
        if (index >= _must.Count)
            return;
        _left++;
        _firstLeft = Math.Min(_firstLeft, index);
    }
}
