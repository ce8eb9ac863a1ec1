import { Body, Controller, Get, Header, NotFoundException, Param, ParseIntPipe, ParseUUIDPipe, Post, Res, Sse, StreamableFile, UploadedFile, UseFilters, UseGuards, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import type { Response } from 'express';
import { interval, map, take } from 'rxjs';
import { TeapotFilter, TimingInterceptor, TokenGuard } from '../common/cross-cutting';
import { CreateOrder } from './order.dto';
import { OrdersService } from './orders.service';

@Controller('orders')
@UseInterceptors(TimingInterceptor)
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Post()
  create(@Body() order: CreateOrder): Promise<object> {
    return this.orders.create(order);
  }

  @Get('audit')
  @UseGuards(TokenGuard)
  audit(): object {
    return this.orders.audit;
  }

  @Get('by-key/:key')
  byKey(@Param('key', ParseUUIDPipe) key: string): object {
    return { key };
  }

  @Get('file')
  @Header('Content-Type', 'text/plain')
  file(): StreamableFile {
    return new StreamableFile(Buffer.from('streamed'));
  }

  @Get('teapot')
  @UseFilters(TeapotFilter)
  teapot(): never {
    throw new RangeError('short and stout');
  }

  @Sse('events')
  events() {
    return interval(5).pipe(take(2), map((data) => ({ data: { tick: data } })));
  }

  @Post('scan')
  @UseInterceptors(FileInterceptor('file'))
  scan(@UploadedFile() file: { originalname: string; size: number }): object {
    return { name: file.originalname, size: file.size };
  }

  @Get('old')
  old(@Res() response: Response): void {
    response.redirect(301, '/orders/1');
  }

  @Get(':id')
  async one(@Param('id', ParseIntPipe) id: number): Promise<object> {
    const order = await this.orders.find(id);
    if (order === null) throw new NotFoundException(`no order ${id}`);
    return order;
  }
}
