namespace OrleansOrchestrator.Scheduling.Queueing;

/// <summary>A binary heap of queued pods that store their index, so that any of them can be removed.</summary>
internal sealed class PodHeap(Comparison<QueuedPod> order)
{
    private readonly List<QueuedPod> _pods = [];

    public int Count => _pods.Count;

    public QueuedPod First => _pods[0];

    public void Add(QueuedPod pod)
    {
        pod.HeapIndex = _pods.Count;
        _pods.Add(pod);
        MoveUp(pod.HeapIndex);
    }

    public void Remove(QueuedPod pod)
    {
        var index = pod.HeapIndex;
        var last = _pods[^1];
        _pods.RemoveAt(_pods.Count - 1);
        pod.HeapIndex = -1;
        if (ReferenceEquals(last, pod))
            return;
        Place(last, index);
        MoveUp(index);
        MoveDown(last.HeapIndex);
    }

    private void MoveUp(int index)
    {
        var pod = _pods[index];
        while (index > 0)
        {
            var parent = (index - 1) / 2;
            if (order(_pods[parent], pod) <= 0)
                break;
            Place(_pods[parent], index);
            index = parent;
        }

        Place(pod, index);
    }

    private void MoveDown(int index)
    {
        var pod = _pods[index];
        while (true)
        {
            var child = (2 * index) + 1;
            if (child >= _pods.Count)
                break;
            if (child + 1 < _pods.Count && order(_pods[child + 1], _pods[child]) < 0)
                child++;
            if (order(pod, _pods[child]) <= 0)
                break;
            Place(_pods[child], index);
            index = child;
        }

        Place(pod, index);
    }

    private void Place(QueuedPod pod, int index)
    {
        _pods[index] = pod;
        pod.HeapIndex = index;
    }
}
