"""A beginner's file: prints, comments, dead code, a main guard and longhand everywhere."""

import numpy as np
import torch
import torch.nn as nn

print("loading my solution, torch", torch.__version__)
DEBUG = True
calls = 0  # how often forward was called


class VanillaRNNCell(nn.Module):
    def __init__(self, hidden_size, activation=nn.Tanh, bias=True):
        super(VanillaRNNCell, self).__init__()
        # save everything, who knows what it is good for
        self._hidden_size = hidden_size
        self._activation = activation()
        self._bias = bias
        # hidden to hidden
        self._linear_hh = nn.Linear(hidden_size, hidden_size, bias=bias)
        print("made a cell of size", hidden_size, "with bias" if bias else "without bias")

    def forward(self, inputs, hidden=None):
        # out += ... would change the caller's tensor!!!
        # out = inputs
        # out += self._linear_hh(hidden)
        out = inputs.clone()
        if hidden is None:
            hidden = torch.zeros(inputs.shape[0], self._hidden_size)
            hidden = hidden.to(inputs.device)
            hidden = hidden.type(inputs.dtype)
        assert hidden.shape == inputs.shape
        out = out + self._linear_hh(hidden)
        out = self._activation(out)
        return out, out


class VanillaRNN(nn.Module):
    def __init__(self, input_size=1, output_size=1, hidden_size=20, bias=True):
        super(VanillaRNN, self).__init__()
        self._input_size = input_size
        self._hidden_size = hidden_size
        self._output_size = output_size
        self._bias = bias
        self.in_to_hidden = nn.Linear(self._input_size, self._hidden_size, bias=False)
        self.rnn_cell = VanillaRNNCell(self._hidden_size, bias=self._bias)
        self.hidden_to_out = nn.Linear(self._hidden_size, self._output_size, bias=self._bias)

    def step(self, input, hidden=None):
        input_ = self.in_to_hidden(input)
        _, hidden_ = self.rnn_cell(input_, hidden=hidden)
        output_ = self.hidden_to_out(hidden_)
        return output_, hidden_

    def forward(self, inputs, hidden=None, force=True, warm_start=10):
        global calls
        calls = calls + 1
        steps = len(inputs)
        if DEBUG:
            print(
                "forward", calls, "inputs", tuple(inputs.shape), "force", force, "warm", warm_start
            )
        output_ = None
        hidden_ = hidden
        list_of_outputs = []
        for i in range(steps):
            if force == True or i == 0:
                input_ = inputs[i]
            else:
                if i < warm_start:
                    input_ = inputs[i]
                else:
                    if self._input_size != self._output_size:
                        raise ValueError("sizes " + str(self._input_size) + str(self._output_size))
                    input_ = output_
            output_, hidden_ = self.step(input_, hidden_)
            list_of_outputs.append(output_)
        outputs = torch.stack(list_of_outputs)
        if DEBUG:
            print(
                "   outputs", tuple(outputs.shape), "mean", np.mean(outputs.detach().cpu().numpy())
            )
        return outputs, hidden_


if __name__ == "__main__":
    net = VanillaRNN()
    print(net(torch.zeros(5, 2, 1)))
